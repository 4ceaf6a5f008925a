import { expect, it } from 'vitest';
import { ScriptedDaemon } from '../container/scripted-daemon.ts';
import { runDocker } from '../testing.ts';

it.each([
  ['--builder other', 'no builder "other" found\n'],
  ['--ssh default', '--ssh is not available in this version of Drydock\n'],
  ['nosuch', 'no such service: nosuch\n'],
])('docker compose build %s', async (line, stderr) => {
  const daemon = new ScriptedDaemon({});
  const files = { '/lab/compose.yaml': 'name: demo\nservices:\n  app: {build: .}\n' };
  const result = await runDocker(['compose', 'build', ...line.split(' ')], { cwd: '/lab', handler: daemon.handler, files });
  expect(result).toMatchObject({ status: 1, stderr });
});
