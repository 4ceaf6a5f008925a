/* Numbers of the agent's protocol, as docs/agent-protocol.md lists them, and its bounds. */
#pragma once

#define PROTOCOL_VERSION 1u

#define FRAME_HEADER 9u             /* u32 length of what follows, u8 type, u32 id */
#define FRAME_MAX (1u << 20)        /* of length: the longest frame either side accepts */
#define DATA_MAX 32768u             /* payload of one DATA frame from the agent */
#define WINDOW 32768u               /* bytes the host may send on a new channel before a CREDIT */
#define AGENT_ID 0x80000000u        /* set in every id that the agent chose */

enum frame_type {
  /* host to agent */
  FRAME_BATCH = 0x01,
  FRAME_RESIZE = 0x06,
  FRAME_STUB_EXIT = 0x07,
  FRAME_STUB_RAW = 0x08,
  FRAME_DAEMON_STOPPED = 0x09,
  FRAME_RESYNC = 0x0a,
  FRAME_PING = 0x0b,
  FRAME_DAEMON_LOG = 0x0c,
  FRAME_UNLISTEN = 0x0d,
  /* both ways */
  FRAME_DATA = 0x02,
  FRAME_CREDIT = 0x03,
  FRAME_CLOSE = 0x04,
  FRAME_STOP = 0x05,
  /* agent to host */
  FRAME_HELLO = 0x81,
  FRAME_RESULT = 0x82,
  FRAME_EXIT = 0x83,
  FRAME_ORPHAN_EXIT = 0x84,
  FRAME_STUB_HELLO = 0x85,
  FRAME_STUB_SIGNAL = 0x86,
  FRAME_STUB_SIZE = 0x87,
  FRAME_STUB_GONE = 0x88,
  FRAME_CONN_OPEN = 0x89,
  FRAME_DAEMON = 0x8a,
  FRAME_NODE_GONE = 0x8b,
  FRAME_SYNCED = 0x8c,
  FRAME_PONG = 0x8d,
  FRAME_OPENED = 0x8e,
  FRAME_FATAL = 0x8f,
};

enum op_code {
  OP_MKDIR = 1,
  OP_WRITE = 2,
  OP_READ = 3,
  OP_STAT = 4,
  OP_READDIR = 5,
  OP_SYMLINK = 6,
  OP_UNLINK = 7,
  OP_RMTREE = 8,
  OP_RENAME = 9,
  OP_CHOWN = 10,
  OP_CHMOD = 11,
  OP_MKNOD = 12,
  OP_MOUNT = 13,
  OP_UMOUNT = 14,
  OP_NETNS_NEW = 15,
  OP_NETNS_DEL = 16,
  OP_NETLINK = 17,
  OP_SPAWN = 18,
  OP_KILL = 19,
  OP_NODE_NEW = 20,
  OP_NODE_STOP = 21,
  OP_SETTIME = 22,
  OP_SEED = 23,
  OP_SETHOSTNAME = 24,
  OP_DU = 25,
  OP_CGROUP_REMOVE = 26,
  OP_PROCS = 27,
  OP_INFO = 28,
  OP_DIAL = 29,
  OP_LISTEN = 30,
  OP_DAEMON_AT = 31,
  OP_STATFS = 32,
  OP_PACK = 34,
  OP_LIST = 35,
  OP_CHDIR = 36,
  OP_VIEW = 37,
  OP_BIND_INTO = 38,
  OP_FIND = 39,
  OP_UNPACK = 40,
  OP_BIND = 33,
};

/* Daemon events (FRAME_DAEMON). */
#define DAEMON_UP 1
#define DAEMON_STOPPING 2
#define DAEMON_GONE 3
#define DAEMON_RELOAD 4

/* What the host says to a daemon (FRAME_DAEMON_LOG): u8 kind, text. */
#define DAEMON_LINE 'L'
#define DAEMON_READY 'U'
#define DAEMON_FAILED 'F'

/* What a program says first on the agent's or a daemon's socket: 0, kind, version, fd count, u32 length. */
#define GREETING_LENGTH 8u
#define GREETING_MAX (FRAME_MAX - 4096u)
#define GREETING_STUB 'S'
#define GREETING_DAEMON 'D'
#define STUB_FDS 5 /* 0, 1, 2, root directory, working directory */
