/** Inspected objects as templates of Docker 28.2.2 show them. Expectations are what Docker printed. */
import { describe, expect, test } from 'vitest';
import { Template } from '../format/gotemplate/template.ts';
import { typed, type GoTypeName } from './go-types.ts';

const container = {
  Id: 'c0ffee',
  Name: '/up',
  Mounts: [],
  Config: { Healthcheck: { Test: ['CMD', 'x'], Interval: 5e9, Timeout: 6e10 } },
  HostConfig: {
    Memory: 64,
    OomKillDisable: false,
    Ulimits: [{ Name: 'nofile', Hard: 20, Soft: 10 }],
    BlkioDeviceReadBps: [{ Path: '/dev/vda', Rate: 5 }],
    DeviceRequests: [{ Driver: '', Count: -1, DeviceIDs: null, Capabilities: [['gpu']], Options: {} }],
  },
  NetworkSettings: { IPPrefixLen: 16, Networks: {} },
};

const print = (type: GoTypeName, value: object, template: string): string => new Template(template).run(typed(type, value));

describe('a container', () => {
  test.each([
    ['{{.ContainerJSONBase.Name}} {{.Name}}', '/up /up'],
    ['{{.HostConfig.Resources.Memory}} {{.HostConfig.Memory}}', '64 64'],
    ['{{.NetworkSettings}}', '{{   map[] false  0 [] []} {   0  16  } map[]}'],
    [
      '{{.HostConfig.Resources}}',
      '{0 64 0  0 [] [/dev/vda:5] [] [] [] 0 0 0 0   [] [] [{ -1 [] [[gpu]] map[]}] 0 0 0 0 <nil> 0xc000123456 <nil> [nofile=10:20] 0 0 0 0}',
    ],
    ['{{.HostConfig.OomKillDisable}} {{.HostConfig.MemorySwappiness}}', 'false <nil>'],
    [
      '{{.Config.Healthcheck}} {{printf "%d %s" .Config.Healthcheck.Interval .Config.Healthcheck.Timeout}}',
      '{[CMD x] 5s 1m0s 0s 0s 0} 5000000000 1m0s',
    ],
    ['{{json .Config.Healthcheck}}', '{"Test":["CMD","x"],"Interval":5000000000,"Timeout":60000000000}'],
    ['{{json .HostConfig.DeviceRequests}}', '[{"Driver":"","Count":-1,"DeviceIDs":null,"Capabilities":[["gpu"]],"Options":{}}]'],
    ['{{range .HostConfig.Ulimits}}{{.}} {{.Soft}}{{end}}', 'nofile=10:20 10'],
    ['{{printf "%T %T %T" .HostConfig.Memory .HostConfig.BlkioWeight .State.Pid}}', 'int64 uint16 int'],
  ])('%s', (template, printed) => {
    const state = { State: { Pid: 1 } };
    expect(print('container.InspectResponse', { ...container, ...state }, template)).toBe(printed);
  });

  test.each([
    ['{{index .Config.Cmd 1}}', 'reflect: slice index out of range'],
    ['{{index .Name 3}}', 'reflect: string index out of range'],
    ['{{index .Config.Cmd 2}}', 'index out of range: 2'],
  ])('%s is out of range', (template, problem) => {
    const value = { ...container, Config: { Cmd: ['sh'] } };
    expect(() => print('container.InspectResponse', value, template)).toThrow(`error calling index: ${problem}`);
  });

  test('JSON has the fields of what is embedded among its own', () => {
    const json = JSON.parse(print('container.InspectResponse', container, '{{json .}}')) as Record<string, object>;
    expect(Object.keys(json).slice(0, 3)).toEqual(['Id', 'Created', 'Path']);
    expect(Object.keys(json).slice(-3)).toEqual(['Mounts', 'Config', 'NetworkSettings']);
    expect(json['HostConfig']).toMatchObject({ Memory: 64 });
    expect(json).not.toHaveProperty('ContainerJSONBase');
  });
});

describe('the daemon', () => {
  const info = {
    RegistryConfig: {
      InsecureRegistryCIDRs: ['127.0.0.0/8'],
      IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } },
      Mirrors: null,
    },
    Runtimes: { crun: { path: 'crun' } },
  };

  test.each([
    ['{{.RegistryConfig}}', '{[] [] [127.0.0.0/8] map[docker.io:0xc000123456] [] map[]}'],
    [
      '{{json .RegistryConfig}}',
      '{"IndexConfigs":{"docker.io":{"Mirrors":[],"Name":"docker.io","Official":true,"Secure":true}},"InsecureRegistryCIDRs":["127.0.0.0/8"],"Mirrors":null}',
    ],
    ['{{.Runtimes}}', 'map[crun:{{crun []  map[]} map[]}]'],
    ['{{.}}', '{0xc000123456 []  <nil> []}'],
  ])('%s', (template, printed) => {
    expect(print('system.dockerInfo', info, template)).toBe(printed);
  });
});
