/**
 * `docker top`: what `ps` says of a container's processes, with whatever columns its arguments ask for.
 * Source: moby daemon/top_unix.go; procps ps(1).
 */
import type { ContainerTop } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import type { ProcessInfo } from '../runtime/runtime.ts';
import type { Containers } from './containers.ts';
import { permit } from './state.ts';

export async function topContainer(containers: Containers, name: string, psArgs: string): Promise<ContainerTop> {
  const { runtime, clock } = containers.ports;
  checkPsArgs(psArgs);
  const columns = columnsOf(psArgs === '' ? '-ef' : psArgs);
  const container = containers.resolve(name);
  permit('top', container, name);
  const facts = { nowMs: clock.now(), memTotalBytes: containers.info.memTotalBytes };
  const processes = (await runtime.processes(container.id)).map((process) => columns.map((column) => column.value(process, facts)));
  const titles = columns.map((column) => column.title);
  if (!titles.includes('PID')) throw new EngineError('unknown', "Couldn't find PID field in ps output");
  containers.logEvent(container, 'top');
  return { Processes: processes, Titles: titles };
}

/** Nothing but the process number may be called so: Docker finds its processes by that column. */
export function checkPsArgs(psArgs: string): void {
  for (const [, key = '', value = ''] of psArgs.matchAll(/[\t\n\f\r ]+([^\t\n\f\r ]*)=[\t\n\f\r ]*(PID[^\t\n\f\r ]*)/g)) {
    if (key !== 'pid') throw new EngineError('unknown', `specifying "${key}=${value}" is not allowed`);
  }
}

interface Facts {
  nowMs: number;
  memTotalBytes: number;
}

interface Column {
  title: string;
  value: (process: ProcessInfo, facts: Facts) => string;
}

const column = (title: string, value: Column['value']): Column => ({ title, value });

const args = (process: ProcessInfo): string => process.commandLine || `[${process.comm}]`;
const cpuPercent = (process: ProcessInfo): string => process.cpuPercent.toFixed(1);
const memoryPercent = (process: ProcessInfo, { memTotalBytes }: Facts): string => ((100 * process.rssBytes) / memTotalBytes).toFixed(1);
const rss = (process: ProcessInfo): string => String(Math.round(process.rssBytes / 1024));

/** Standard format specifiers, as far as the facts reach. */
const specifiers: Record<string, Column> = {
  pid: column('PID', (process) => String(process.pid)),
  ppid: column('PPID', (process) => String(process.ppid)),
  uid: column('UID', (process) => String(process.uid)),
  euid: column('EUID', (process) => String(process.uid)),
  user: column('USER', (process) => process.user),
  euser: column('EUSER', (process) => process.user),
  uname: column('USER', (process) => process.user),
  ruser: column('RUSER', (process) => process.user),
  comm: column('COMMAND', (process) => process.comm),
  ucmd: column('CMD', (process) => process.comm),
  args: column('COMMAND', args),
  cmd: column('CMD', args),
  command: column('COMMAND', args),
  c: column('C', (process) => String(Math.floor(process.cpuPercent))),
  pcpu: column('%CPU', cpuPercent),
  '%cpu': column('%CPU', cpuPercent),
  pmem: column('%MEM', memoryPercent),
  '%mem': column('%MEM', memoryPercent),
  rss: column('RSS', rss),
  rssize: column('RSS', rss),
  vsz: column('VSZ', () => '0'),
  tty: column('TT', (process) => process.tty),
  tt: column('TT', (process) => process.tty),
  tname: column('TTY', (process) => process.tty),
  stat: column('STAT', (process) => process.state),
  s: column('S', (process) => process.state.slice(0, 1)),
  state: column('S', (process) => process.state.slice(0, 1)),
  time: column('TIME', (process) => clockTime(process.cpuMs)),
  cputime: column('TIME', (process) => clockTime(process.cpuMs)),
  bsdtime: column('TIME', (process) => shortTime(process.cpuMs)),
  etime: column('ELAPSED', (process, { nowMs }) => elapsed(nowMs - process.startedMs)),
  etimes: column('ELAPSED', (process, { nowMs }) => String(Math.floor((nowMs - process.startedMs) / 1000))),
  stime: column('STIME', (process, { nowMs }) => startTime(process.startedMs, nowMs)),
  start: column('STARTED', (process) => new Date(process.startedMs).toISOString().slice(11, 19)),
  bsdstart: column('START', (process, { nowMs }) => startTime(process.startedMs, nowMs)),
  ni: column('NI', () => '0'),
  nice: column('NI', () => '0'),
  pri: column('PRI', () => '19'),
};

const named = (names: string): Column[] => names.split(' ').map((name) => specifiers[name] as Column);

const full = [column('UID', (process) => process.user), ...named('pid ppid c stime tname time cmd')];
const plain = [...named('pid tname time'), column('CMD', (process) => process.comm)];
const user = named('user pid %cpu %mem vsz rss tname stat bsdstart bsdtime command');
const long = [...named('s uid pid ppid c pri ni tname time'), column('CMD', (process) => process.comm)];

/** Understands `-ef`, `aux`, `-o pid,comm`, `-eo …`, `axo …`. */
function columnsOf(psArgs: string): Column[] {
  const words = psArgs.split(/\s+/).filter(Boolean);
  const chosen: Column[] = [];
  let style = plain;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const list = /^-*[a-zA-Z]*o(.*)$/.exec(word);
    if (list && !/^-?[efFlujxaAdN]+$/.test(word)) {
      const text = list[1] === '' ? (words[++at] ?? '') : (list[1] as string);
      if (text === '') throw psError('list of process selection options failed: option requires an argument');
      for (const name of text.split(',')) chosen.push(columnNamed(name));
      continue;
    }
    if (!/^-{0,2}[a-zA-Z]+$/.test(word)) throw psError(`error: unsupported option ${word}`);
    if (word.startsWith('-') && /[fF]/.test(word)) style = full;
    else if (/u/.test(word)) style = user;
    else if (/l/.test(word)) style = long;
  }
  return chosen.length > 0 ? chosen : style;
}

/** `pid`, or `pid=Title`. */
function columnNamed(text: string): Column {
  const [name = '', title] = text.split('=');
  const found = Object.hasOwn(specifiers, name) ? specifiers[name] : undefined;
  if (!found) throw psError(`error: unknown user-defined format specifier "${name}"`);
  return title === undefined ? found : { ...found, title };
}

function psError(message: string): EngineError {
  return new EngineError('system', `ps: ${message}`);
}

function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function shortTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function elapsed(ms: number): string {
  const time = clockTime(ms);
  return time.startsWith('00:') ? time.slice(3) : time;
}

/** Hours today, else the day. */
function startTime(startedMs: number, nowMs: number): string {
  const started = new Date(startedMs).toUTCString();
  const today = new Date(nowMs).toUTCString();
  if (started.slice(0, 16) === today.slice(0, 16)) return started.slice(17, 22);
  const [, day = '', month = ''] = started.split(' ');
  return month + day;
}
