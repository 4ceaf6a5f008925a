import { describe, expect, it } from 'vitest';
import { applyChanges } from './changes.ts';

describe('changes of docker commit and docker import', () => {
  it('do what instructions do', () => {
    const changed = applyChanges({ Env: ['A=1'], Cmd: ['old'], OnBuild: ['RUN x'] }, [
      'ENV A=2 B="x y"',
      'CMD ["sh"]',
      'LABEL a=b',
      'expose 80',
      'VOLUME ["/v"]',
      'WORKDIR /w',
      'WORKDIR x',
      'USER u',
      'ONBUILD RUN y',
      'STOPSIGNAL SIGINT',
      'HEALTHCHECK NONE',
    ]);
    expect(changed).toEqual({
      Env: ['A=2', 'B=x y'],
      Cmd: ['sh'],
      Labels: { a: 'b' },
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/v': {} },
      WorkingDir: '/w/x',
      User: 'u',
      OnBuild: ['RUN x', 'RUN y'],
      StopSignal: 'SIGINT',
      Healthcheck: { Test: ['NONE'] },
    });
  });

  it('leave alone what they do not name', () => {
    const config = { Entrypoint: ['e'], Cmd: ['c'] };
    expect(applyChanges(config, [])).toBe(config);
    expect(applyChanges(config, ['ENTRYPOINT ["f"]'])).toEqual({ Entrypoint: ['f'] });
  });

  it.each([
    ['RUN x', 'RUN is not a valid change command'],
    ['copy a b', 'copy is not a valid change command'],
    ['FROM a', 'FROM is not a valid change command'],
    ['Nonsense', 'Nonsense is not a valid change command'],
    ['ENV PATH', 'ENV must have two arguments'],
    ['EXPOSE x', 'invalid containerPort: x'],
    ['USER', 'USER requires exactly one argument'],
    ['', 'file with no instructions'],
  ])('%j: %s', (change, message) => {
    expect(() => applyChanges({}, [change])).toThrow(expect.objectContaining({ kind: 'invalid-parameter', message }));
  });
});
