/*
 * What the agent's parts know of each other. One process, one thread, one epoll loop: a handler runs to
 * its end and never waits for anything that a user of the guest controls. It may wait for the host.
 */
#pragma once

#include "protocol.h"
#include "sys.h"

#define MAX_CHANNELS 2048
#define MAX_PROCESSES 512
#define MAX_NODES 16
#define MAX_STUBS 256
#define MAX_VISITORS 64
#define MAX_LISTENERS 512

/* A descriptor in the epoll set and what to call when it is ready. fd -1: none. */
struct watch {
  int fd;
  u32 events;
  void (*ready)(struct watch *, u32 events);
};

/* loop.c */
void loop_run(void) NORETURN;
/* Number of the current turn: what was freed in this turn may still be named by a pending event, so it is not reused before the next. */
extern u32 loop_turn;
/* Sets what is waited for (0: nothing). Returns -EPERM when the descriptor cannot be waited for: it is always ready. */
int watch_set(struct watch *, u32 events);
void watch_close(struct watch *);

/* port.c: frames to and from the host */
void port_open(const char *where);
/* Starts a frame in the send queue with room for `capacity` payload bytes; the caller fills them in and ends it with the true length. */
u8 *frame_begin(u8 type, u32 id, u32 capacity);
void frame_end(u32 length);
void frame_cancel(void);
void frame_send(u8 type, u32 id, const void *payload, u32 length);
void frame_send_u32(u8 type, u32 id, u32 value);
void port_flush(void);
/* Tells the host what it did wrong (or what cannot be helped) and ends the agent. */
void fatal(const char *text) NORETURN;
extern int port_is_quiet; /* a child: never write to the port */

/* codec.c: reading and writing payloads */
struct reader {
  const u8 *at, *end;
  int bad;
};
u8 get_u8(struct reader *);
u16 get_u16(struct reader *);
u32 get_u32(struct reader *);
u64 get_u64(struct reader *);
/* Points into the payload; a string is followed by its NUL there. On malformed input `bad` is set and the result is empty. */
const u8 *get_bytes(struct reader *, u32 *length);
const char *get_string(struct reader *);

struct writer {
  u8 *at, *end;
  int full;
};
void put_u8(struct writer *, u8);
void put_u16(struct writer *, u16);
void put_u32(struct writer *, u32);
void put_u64(struct writer *, u64);
void put_raw(struct writer *, const void *, u32 length);
void put_bytes(struct writer *, const void *, u32 length);
void put_string(struct writer *, const char *);

/* channel.c: byte streams between a descriptor in the guest and the host */
enum fd_kind {
  FD_POLLED,   /* does not wait: read until it has no more */
  FD_CAREFUL,  /* may wait: one read each time it says that it is ready; FD_FILE when it cannot say so */
  FD_FILE,     /* always ready */
  FD_SOCKET,
  FD_DATAGRAM,
  FD_BOUND,    /* datagrams from and to anyone, each with its address: see BIND */
};
struct stub;
struct channel {
  u32 id; /* 0: this slot is free */
  u32 freed_turn;
  struct watch in;  /* its bytes go to the host */
  struct watch out; /* gets the host's bytes */
  u8 in_kind, out_kind;
  u8 in_open, out_open; /* this direction has not ended yet */
  u8 out_ending;        /* the host sent CLOSE: ends when `pending` is written */
  u8 terminal;          /* a pty master */
  u8 connecting;        /* DIAL not answered yet */
  u32 credit;           /* bytes the host still takes */
  u32 granted;          /* bytes the host may still send */
  u32 written;          /* bytes written since the last grant */
  u8 *pending;          /* ring of WINDOW bytes not written yet; NULL when empty */
  u32 pending_at, pending_length;
  struct stub *stub; /* whose standard stream this is, or NULL */
};
/* Takes the descriptors over (either may be -1). Returns NULL, descriptors closed, when there are too many channels. */
struct channel *channel_new(u32 id, int in_fd, enum fd_kind in_kind, int out_fd, enum fd_kind out_kind, u32 credit);
struct channel *channel_find(u32 id);
u32 channel_next_id(void);
void channel_data(struct channel *, const u8 *bytes, u32 length);
void channel_credit(struct channel *, u32 bytes);
void channel_close_output(struct channel *);
void channel_stop_input(struct channel *);
/* Sends on what may be sent now; needed after a stub's terminal became readable again. */
void channel_update(struct channel *);
void channel_drop(struct channel *);
int channel_is_drained(struct channel *);
/* Tells the host that a channel it named never came to be. */
void channel_refuse(u32 id, u32 error);
extern struct channel channels[MAX_CHANNELS];

/* dial.c: datagrams of a bound socket, after the four bytes of the other end's address and its u16 port */
#define BOUND_HEAD 6u
#define BOUND_MIN 2048u
int bound_receive(int fd, u8 *to, u32 length);
int bound_send(int fd, const u8 *bytes, u32 length);

/* terminal.c */
struct pty {
  int master, slave;
};
int pty_open(struct pty *, u16 rows, u16 columns);
int terminal_resize(int fd, u16 rows, u16 columns);
int terminal_size(int fd, u16 *rows, u16 *columns);
/* Keeps the old settings in `saved` when raw mode is switched on. */
int terminal_raw(int fd, int on, struct termios *saved);

/* node.c: sandboxes that look like a host, and being inside one */
struct node {
  u32 id; /* 0: free slot (and, as an id, the guest itself) */
  int pid, pidfd;
  struct watch report; /* exits that node-init reaped */
  char name[64];
  u8 partial[8];
  u32 partial_length;
};
extern struct node nodes[MAX_NODES];
void node_init_own(const char *cgroup_root);
struct node *node_find(u32 id);
int node_new(u32 id, const char *name);
int node_stop(u32 id);
/* Puts the agent (and what it starts) into a node's namespaces; 0 is the guest itself. */
int node_enter(u32 id);
u32 node_entered(void);
/* Puts the agent into the mount namespace, root and directory of a stub and gives it that user's rights on files. */
int stub_enter(struct stub *);
void stub_leave(struct stub *);
int netns_enter(const char *path);
void netns_leave(void);
u32 node_of_pid(int pid);
void node_ended(int pid, int status);
/* A descriptor for CLONE_INTO_CGROUP: `path` below the cgroup root, or the leaf where the current node's own processes live. */
int cgroup_open(const char *path);
/* Opens a file of the guest itself, by its absolute path, whatever place the agent is in. */
int own_open(const char *path, int flags);
extern int own_proc; /* the guest's /proc, whatever namespace the agent is in */
/* Runs `work` in a child that shares memory and waits until it ends or execs. Returns the child's pid. */
int run_child(void (*work)(void *), void *argument, u64 flags, int cgroup);

/* spawn.c */
int op_spawn(struct reader *, struct writer *);
int op_kill(struct reader *, struct writer *);
void processes_reap(void);
void processes_resync(int (*keep)(u32 id));
/* A process that had a console socket has ended: takes a terminal that it still sent, or reports that none came. */
void console_finish(u32 process);

/* batch.c */
void batch_run(u32 request, const u8 *payload, u32 length);
/* Adds to the text that goes with a failing op. */
void op_note(const char *text);
void op_note_number(u32 number);

extern int batch_moved; /* the working directory was changed for the rest of the batch */

/* ops_*.c: each returns 0 or a negative errno */
typedef int op_function(struct reader *, struct writer *);
op_function op_mkdir, op_write, op_read, op_stat, op_readdir, op_symlink, op_unlink, op_rename, op_chown, op_chmod, op_mknod;
op_function op_rmtree, op_du, op_statfs, op_pack, op_list, op_chdir, op_view, op_bind_into, op_find, op_unpack;
op_function op_mount, op_umount, op_netns_new, op_netns_del, op_netlink;
op_function op_node_new, op_node_stop, op_settime, op_seed, op_sethostname, op_info, op_cgroup_remove, op_procs;
op_function op_dial, op_listen, op_bind, op_daemon_at;

/* visitor.c: who connects to the agent's or a daemon's socket */
void visitors_listen(const char *path);
/* Accepts connections of `fd` for a daemon (HTTP or stubs) or, with kind LISTEN_HOST, as raw channels. */
enum listener_kind { LISTEN_AGENT, LISTEN_DAEMON, LISTEN_HOST, LISTEN_CONSOLE };
struct listener {
  u32 id; /* 0: free slot */
  u32 freed_turn;
  u8 kind;
  struct watch watch;
  u32 node;
  u32 console_channel, console_credit;
  u16 rows, columns;
};
struct listener *listener_new(u32 id, enum listener_kind kind, int fd, u32 node);
struct listener *listener_find(u32 id);
void listener_close(struct listener *);
extern struct listener listeners[MAX_LISTENERS];
extern u64 own_file_limit[2]; /* before the agent raised it for itself */
/* The node whose daemon a stub is to be told of, for its connection; errno of the failure otherwise. */
void daemon_greeting(int fd, struct peer *, const u8 *payload, u32 length, int listening_fd);
void daemon_stopped(u32 node);
void daemon_log(u32 node, const u8 *text, u32 length);
u32 daemon_of_pid(int pid);
void daemons_describe(struct writer *);

/* stub_server.c: the running `docker` commands */
struct stub {
  u32 id; /* 0: free slot */
  u32 freed_turn;
  struct watch control;
  int pid;
  struct peer peer;
  u32 node;
  int pidfd, root, directory;
  struct channel *streams[3];
  int terminal; /* descriptor of its terminal, -1: none */
  u8 raw;
  u8 foreground;
  u8 exiting;
  u8 code;
  struct termios saved;
};
extern struct stub stubs[MAX_STUBS];
extern u32 stubs_used; /* every slot from here on was never used */
void stub_greeting(int fd, struct peer *, u32 daemon, const u8 *payload, u32 length, int *fds);
struct stub *stub_find(u32 id);
void stub_exit(struct stub *, u8 code);
void stub_raw(struct stub *, int on);
/* A stream of an exiting stub was written out or broke. */
void stub_progress(struct stub *);
void stub_drop(struct stub *);
/* Whether a stub's input may be read now; asks the stub for its terminal when it is in the background. */
int stub_may_read(struct stub *, struct channel *);

/* programs of their own, chosen by argv[0] */
int stub_main(int argc, char **argv, char **envp, const char *program);
int daemon_main(int argc, char **argv, char **envp);
int node_init_main(void);
#define AGENT_SOCKET "/run/drydock/agent.sock"
