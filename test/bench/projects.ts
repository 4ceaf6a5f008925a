/** What is built for the figures, by Docker and here. */
export const projects: Record<string, Record<string, string>> = {
  /** Ten instructions, none of them RUN. */
  ten: {
    Dockerfile: [
      'FROM busybox',
      'ARG VERSION=1',
      'ENV A=1 B=2',
      'LABEL version=$VERSION',
      'WORKDIR /app',
      'COPY a.txt ./',
      'COPY b.txt ./other/',
      'EXPOSE 80',
      'USER nobody',
      'CMD ["cat", "a.txt"]',
      '',
    ].join('\n'),
    'a.txt': 'a\n',
    'b.txt': 'b\n',
  },
  run: { Dockerfile: 'FROM busybox\nRUN true\n' },
  /** As the course's notes have it, mended. */
  flask: {
    Dockerfile: 'FROM python:3\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirement.txt\nEXPOSE 3000\nCMD python ./index.py\n',
    'requirement.txt': 'flask\n',
    'index.py':
      "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n    return 'hello from flask'\n\n\napp.run(host='0.0.0.0', port=3000)\n",
  },
};
