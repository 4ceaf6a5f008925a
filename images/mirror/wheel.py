"""Makes wheels of the Python projects in a Debian package (PEP 427).

    wheel.py DIST-PACKAGES COPYRIGHT-FILE OUTPUT-FOLDER EPOCH [REQUIREMENT...]

Prints what it made as JSON. Every module comes with its compiled form, of a kind that counts whatever time the
installed source has: `pip install --no-compile` then leaves nothing to be compiled, which an emulated processor does slowly.
"""

import base64
import csv
import email.parser
import hashlib
import io
import json
import pathlib
import py_compile
import re
import sys
import time
import zipfile

COMPILED = '__pycache__/{}.cpython-311.pyc'


def metadata(info, needs):
    """The project's METADATA, without its long description. Debian takes out what its own packages see to, so the needs are given."""
    text = (info / ('METADATA' if info.suffix == '.dist-info' else 'PKG-INFO') if info.is_dir() else info).read_text()
    left_out = r'(Description|Metadata-Version|License-File|Requires-Dist|Provides-Extra):|\s'
    head = [line for line in text.split('\n\n', 1)[0].splitlines() if not re.match(left_out, line)]
    return '\n'.join(['Metadata-Version: 2.1', *head, *(f'Requires-Dist: {need}' for need in needs)]) + '\n'


def modules(root, info):
    """Files of the project: what its list says, or all that is no other project's."""
    record = info / 'RECORD'
    listed = info / 'top_level.txt'
    if record.exists():
        tops = {row[0].split('/')[0] for row in csv.reader(io.StringIO(record.read_text())) if row}
    elif listed.exists():
        tops = set(listed.read_text().split())
    else:
        tops = {p.name for p in root.iterdir()}
    for path in sorted(root.rglob('*')):
        top = path.relative_to(root).parts[0]
        if not path.is_file() or top.endswith(('-info', '.pth')) or '__pycache__' in path.parts:
            continue
        if top in tops or top.split('.')[0] in tops:
            yield path


def wheel(root, info, copyright_file, out, epoch, needs):
    head = metadata(info, needs)
    fields = email.parser.Parser().parsestr(head)
    name, version = re.sub(r'[^\w.]+', '_', fields['Name']), fields['Version']
    files = {}
    native = False
    for path in modules(root, info):
        local = str(path.relative_to(root))
        native = native or path.suffix == '.so'
        files[local] = path.read_bytes()
        if path.suffix == '.py':
            cache = path.parent / COMPILED.format(path.stem)
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            try:
                py_compile.compile(str(path), cfile=str(cache), dfile=local, doraise=True, invalidation_mode=mode)
            except py_compile.PyCompileError:
                continue  # A template with the ending of a module.
            files[str(cache.relative_to(root))] = cache.read_bytes()
            cache.unlink()
    tag = 'cp311-cp311-linux_i686' if native else 'py3-none-any'
    dist = f'{name}-{version}.dist-info'
    files[f'{dist}/METADATA'] = head.encode()
    files[f'{dist}/WHEEL'] = f'Wheel-Version: 1.0\nGenerator: drydock\nRoot-Is-Purelib: {str(not native).lower()}\nTag: {tag}\n'.encode()
    files[f'{dist}/copyright'] = copyright_file.read_bytes()
    points = info / 'entry_points.txt'
    if points.exists():
        files[f'{dist}/entry_points.txt'] = points.read_bytes()
    rows = [f'{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")},{len(data)}' for path, data in files.items()]
    files[f'{dist}/RECORD'] = ('\n'.join([*rows, f'{dist}/RECORD,,']) + '\n').encode()
    file = f'{name}-{version}-{tag}.whl'
    with zipfile.ZipFile(out / file, 'w') as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, time.gmtime(epoch)[:6])
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=9)
    project = re.sub(r'[-_.]+', '-', fields['Name']).lower()
    return {'project': project, 'file': file, 'requiresPython': fields['Requires-Python'] or ''}


root, copyright_file, out = map(pathlib.Path, sys.argv[1:4])
infos = sorted(path for path in root.iterdir() if path.suffix in ('.dist-info', '.egg-info'))
print(json.dumps([wheel(root, info, copyright_file, out, int(sys.argv[4]), sys.argv[5:]) for info in infos]))
