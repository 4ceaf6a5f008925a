/*
 * Batches: operations that run in order inside one place and stop at the first that fails. A batch marked
 * as background (removing or measuring large trees) runs in a forked child, so that the loop goes on.
 */
#include "agent.h"

#define RESULT_SIZE (FRAME_MAX - 64)
#define FAILURE_ROOM 1024 /* at the end of a result, for the entry that stops the batch */
#define OP_MAY_FAIL 1 /* goes on after a failure of this op */
#define BATCH_BACKGROUND 1
#define WHERE_NODE 0
#define WHERE_STUB 1
#define MAX_BACKGROUND 16

static op_function *const functions[] = {
    [OP_MKDIR] = op_mkdir,         [OP_WRITE] = op_write,         [OP_READ] = op_read,
    [OP_STAT] = op_stat,           [OP_READDIR] = op_readdir,     [OP_SYMLINK] = op_symlink,
    [OP_UNLINK] = op_unlink,       [OP_RMTREE] = op_rmtree,       [OP_RENAME] = op_rename,
    [OP_CHOWN] = op_chown,         [OP_CHMOD] = op_chmod,         [OP_MKNOD] = op_mknod,
    [OP_MOUNT] = op_mount,         [OP_UMOUNT] = op_umount,       [OP_NETNS_NEW] = op_netns_new,
    [OP_NETNS_DEL] = op_netns_del, [OP_NETLINK] = op_netlink,     [OP_SPAWN] = op_spawn,
    [OP_KILL] = op_kill,           [OP_NODE_NEW] = op_node_new,   [OP_NODE_STOP] = op_node_stop,
    [OP_SETTIME] = op_settime,     [OP_SEED] = op_seed,           [OP_SETHOSTNAME] = op_sethostname,
    [OP_DU] = op_du,               [OP_CGROUP_REMOVE] = op_cgroup_remove, [OP_PROCS] = op_procs,
    [OP_INFO] = op_info,           [OP_DIAL] = op_dial,           [OP_LISTEN] = op_listen,
    [OP_DAEMON_AT] = op_daemon_at, [OP_STATFS] = op_statfs,
    [OP_PACK] = op_pack,           [OP_LIST] = op_list,           [OP_CHDIR] = op_chdir,
    [OP_VIEW] = op_view,           [OP_BIND_INTO] = op_bind_into, [OP_FIND] = op_find,
    [OP_UNPACK] = op_unpack,       [OP_BIND] = op_bind,
};

struct background {
  u32 request; /* 0: free slot */
  u32 freed_turn;
  struct watch watch;
  u8 *bytes;
  u32 length;
};
static struct background backgrounds[MAX_BACKGROUND];
static u8 *result;
static char note[512];
int batch_moved;

void op_note(const char *text) { text_add(note, sizeof note, text); }
void op_note_number(u32 number) { text_add_number(note, sizeof note, number); }

static int enter(u8 where, u32 id, struct stub **stub) {
  if (where == WHERE_NODE) return node_enter(id);
  if (where != WHERE_STUB) fatal("malformed batch");
  *stub = stub_find(id);
  return *stub ? stub_enter(*stub) : -ESRCH;
}

static void put_failure(struct writer *writer, int error) {
  put_u32(writer, -error);
  put_bytes(writer, note, text_length(note));
}

/* An op has failed: its entry becomes the error. Returns 0 when the batch may go on. */
static int fail(struct writer *writer, u8 *entry, int error, u8 flags) {
  writer->at = entry;
  writer->full = 0;
  if (flags & OP_MAY_FAIL) {
    put_failure(writer, error);
    if (!writer->full) return 0;
    error = -EOVERFLOW;
  }
  writer->at = entry;
  writer->full = 0;
  writer->end = result + RESULT_SIZE;
  put_failure(writer, error);
  return error;
}

/* Runs one op. Returns 0, or its negative errno when the batch has to stop. */
static int run_op(struct reader *batch, struct writer *writer) {
  u8 code = get_u8(batch), flags = get_u8(batch);
  u32 length, error = 0, value_length = 0;
  const u8 *fields = get_bytes(batch, &length);
  if (batch->bad || code >= count_of(functions) || !functions[code]) fatal("malformed batch");
  struct reader reader = {fields, fields + length, 0};
  u8 *entry = writer->at;
  put_u32(writer, 0);
  put_u32(writer, 0);
  u8 *value = writer->at;
  note[0] = 0;
  int outcome = writer->full ? -EOVERFLOW : functions[code](&reader, writer);
  if (reader.bad || (outcome >= 0 && reader.at != reader.end)) fatal("malformed op");
  if (outcome >= 0 && writer->full) outcome = -EOVERFLOW;
  if (outcome < 0) return fail(writer, entry, outcome, flags);
  value_length = writer->at - value;
  memcpy(entry, &error, 4);
  memcpy(entry + 4, &value_length, 4);
  return 0;
}

/* Runs a batch into `result`; returns its length. */
static u32 run(struct reader *batch, u8 where, u32 id, u16 count) {
  struct writer writer = {result, result + RESULT_SIZE - FAILURE_ROOM, 0};
  struct stub *stub = NULL;
  u16 done = 0;
  u8 outcome = 0;
  put_u8(&writer, 0);
  put_u16(&writer, 0);
  note[0] = 0;
  int error = enter(where, id, &stub);
  if (error < 0) {
    outcome = 2;
    done = 1;
    put_failure(&writer, error);
  }
  while (!outcome && done < count) {
    error = run_op(batch, &writer);
    done++;
    if (error < 0) outcome = 1;
  }
  if (!outcome && batch->at != batch->end) fatal("malformed batch");
  if (batch_moved) SYS(chdir, "/");
  batch_moved = 0;
  if (stub && outcome != 2) stub_leave(stub);
  result[0] = outcome;
  memcpy(result + 1, &done, 2);
  return writer.at - result;
}

/* --- in the background --- */

struct background_work {
  struct reader batch;
  u8 where;
  u32 id;
  u16 count;
  int pipe;
};

static void background_child(void *argument) {
  struct background_work *work = argument;
  port_is_quiet = 1;
  u32 length = run(&work->batch, work->where, work->id, work->count);
  write_fully(work->pipe, result, length);
  sys_exit(0);
}

static void background_end(struct background *background) {
  watch_close(&background->watch);
  if (background->length)
    frame_send(FRAME_RESULT, background->request, background->bytes, background->length);
  else {
    u8 failure[11] = {2, 1, 0, EIO}; /* the child died: outcome, entries, errno, no text */
    frame_send(FRAME_RESULT, background->request, failure, sizeof failure);
  }
  pages_free(background->bytes, FRAME_MAX);
  background->request = 0;
  background->freed_turn = loop_turn;
}

static void background_ready(struct watch *watch, u32 events) {
  struct background *background = container_of(watch, struct background, watch);
  (void)events;
  for (;;) {
    int got = sys_read(watch->fd, background->bytes + background->length, FRAME_MAX - background->length);
    if (got == -EAGAIN || got == -EINTR) return;
    if (got <= 0) return background_end(background);
    background->length += got;
  }
}

static int background_start(u32 request, struct background_work *work) {
  struct background *background = NULL;
  for (u32 i = 0; i < MAX_BACKGROUND && !background; i++)
    if (!backgrounds[i].request && backgrounds[i].freed_turn != loop_turn) background = &backgrounds[i];
  int pipe[2];
  if (!background || sys_pipe(pipe, O_CLOEXEC) < 0) return -EAGAIN;
  work->pipe = pipe[1];
  node_enter(0);
  struct clone_args args = {.exit_signal = SIGCHLD};
  int pid = sys_clone3_call(&args, sizeof args, background_child, work);
  sys_close(pipe[1]);
  background->bytes = pid < 0 ? NULL : pages_new(FRAME_MAX);
  if (!background->bytes) {
    sys_close(pipe[0]);
    return -EAGAIN;
  }
  sys_fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  background->request = request;
  background->length = 0;
  background->watch.fd = pipe[0];
  background->watch.events = 0;
  background->watch.ready = background_ready;
  watch_set(&background->watch, EPOLLIN);
  return 0;
}

void batch_run(u32 request, const u8 *payload, u32 length) {
  struct background_work work = {{payload, payload + length, 0}, 0, 0, 0, -1};
  work.where = get_u8(&work.batch);
  u8 flags = get_u8(&work.batch);
  work.count = get_u16(&work.batch);
  work.id = get_u32(&work.batch);
  if (work.batch.bad) fatal("malformed batch");
  if (!result && !(result = pages_new(FRAME_MAX))) fatal("out of memory");
  if ((flags & BATCH_BACKGROUND) && request && background_start(request, &work) == 0) return;
  u32 used = run(&work.batch, work.where, work.id, work.count);
  frame_send(FRAME_RESULT, request, result, used);
  if (used > 65536) SYS(madvise, result, FRAME_MAX, 4 /* the pages are not needed */);
}
