/**
 * The course notes' flask project: its Dockerfile as it is written there is refused in Docker's words; without the slip it is
 * built from what the sandbox holds, and its page answers.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningMachine } from '#emulator/running-machine.ts';
import { openMachine, shell, type Printed } from './machine/node-machine.ts';

const app = `from flask import Flask

app = Flask(__name__)

@app.route("/")
def index():
    return "<h1>Hello from flask</h1>"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=3000)
`;
const written = `FROM: python:3
WORKDIR /app
COPY . .
RUN pip install -r requirement.txt
EXPOSE 3000
CMD python ./index.py
`;
const files = { 'requirement.txt': 'flask\n', 'index.py': app };

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
  await shell(machine, 'mkdir -p ~/flask');
  for (const [name, text] of Object.entries(files)) await write(name, text);
  await shell(machine, 'docker pull -q python:3');
}, 120_000);
afterAll(() => machine.stop());

async function write(name: string, text: string): Promise<void> {
  const { status } = await shell(machine, `cat > ~/flask/${name} <<'end'\n${text}end\n`);
  expect(status).toBe(0);
}

const run = (command: string): Promise<Printed> => shell(machine, `cd ~/flask && ${command}`);

it('as it is in the notes, it is refused', async () => {
  await write('Dockerfile', written);
  const { stderr, status } = await run('docker build -t flask .');
  expect(stderr).toContain('Dockerfile:1\n');
  expect(stderr).toContain('>>> FROM: python:3\n');
  expect(stderr).toContain(
    'ERROR: failed to build: failed to solve: dockerfile parse error on line 1: unknown instruction: FROM: (did you mean FROM?)\n',
  );
  expect(status).toBe(1);
  expect((await run('docker image ls -q flask')).stdout).toBe('');
});

it('without the slip it is built from what the sandbox holds', { timeout: 300_000 }, async () => {
  await write('Dockerfile', written.replace('FROM:', 'FROM'));
  const { stderr, status } = await run('docker build --progress plain -t flask .');
  expect(stderr).toMatch(/Successfully installed .*[Ff]lask-2\.2\.2/);
  expect(status).toBe(0);
  expect(
    (await run('docker image inspect -f "{{json .Config.ExposedPorts}} {{json .Config.Cmd}} {{.Config.WorkingDir}}" flask')).stdout,
  ).toBe('{"3000/tcp":{}} ["/bin/sh","-c","python ./index.py"] /app\n');
});

it('its page answers on port 3000', { timeout: 120_000 }, async () => {
  await run('docker run -d --name flask flask');
  const address = (await run('docker inspect -f "{{.NetworkSettings.IPAddress}}" flask')).stdout.trim();
  expect(address).toMatch(/^172\.17\.0\.\d+$/);
  const answer = await run(`for i in $(seq 120); do curl -fsS http://${address}:3000/ 2>/dev/null && break; sleep 0.5; done`);
  expect(answer.stdout).toBe('<h1>Hello from flask</h1>');
  expect((await run('docker logs flask 2>&1')).stdout).toMatch(/ \* Running on http:\/\/.*:3000\n[^]*"GET \/ HTTP\/1\.1" 200 -\n/);
});

it('what is built once is cached', { timeout: 120_000 }, async () => {
  const { stderr } = await run('docker build --progress plain -t flask .');
  expect(stderr.match(/ CACHED$/gm)).toHaveLength(3);
});
