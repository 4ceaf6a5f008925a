/* What each frame from the host does. A frame that names a channel or stub that has just ended is dropped: the two crossed. */
#include "agent.h"

/* The ids that the host still knows, for RESYNC. */
static struct reader known_channels, known_processes, known_stubs, known_listeners;

static int is_in(struct reader list, u32 id) {
  while (list.at < list.end)
    if (get_u32(&list) == id) return 1;
  return 0;
}

static struct reader take_list(struct reader *payload) {
  u32 count = get_u32(payload);
  struct reader list = {payload->at, payload->at, 0};
  if (payload->bad || count > (u32)(payload->end - payload->at) / 4) {
    payload->bad = 1;
    return list;
  }
  list.end = payload->at += 4 * count;
  return list;
}

static int process_is_known(u32 id) { return is_in(known_processes, id); }

static void put_nodes(struct writer *writer) {
  u32 count = 0;
  for (u32 i = 0; i < MAX_NODES; i++) count += nodes[i].id != 0;
  put_u32(writer, count);
  for (u32 i = 0; i < MAX_NODES; i++) {
    if (!nodes[i].id) continue;
    put_u32(writer, nodes[i].id);
    put_u32(writer, nodes[i].pid);
    put_string(writer, nodes[i].name);
  }
}

/* Drops what the host does not know and says what there is. */
static void resync(const u8 *payload, u32 length) {
  struct reader reader = {payload, payload + length, 0};
  known_channels = take_list(&reader);
  known_processes = take_list(&reader);
  known_stubs = take_list(&reader);
  known_listeners = take_list(&reader);
  if (reader.bad) fatal("malformed RESYNC");
  for (u32 i = 0; i < stubs_used; i++)
    if (stubs[i].id && !is_in(known_stubs, stubs[i].id)) stub_drop(&stubs[i]);
  for (u32 i = 0; i < MAX_CHANNELS; i++)
    if (channels[i].id && !channels[i].stub && !is_in(known_channels, channels[i].id)) channel_drop(&channels[i]);
  for (u32 i = 0; i < MAX_LISTENERS; i++) {
    struct listener *listener = &listeners[i];
    if (!listener->id) continue;
    if (listener->kind == LISTEN_HOST && !is_in(known_listeners, listener->id)) listener_close(listener);
    if (listener->kind == LISTEN_CONSOLE && !is_in(known_processes, listener->id)) listener_close(listener);
  }
  processes_resync(process_is_known);
  u8 answer[4096];
  struct writer writer = {answer, answer + sizeof answer, 0};
  put_u32(&writer, PROTOCOL_VERSION);
  put_nodes(&writer);
  daemons_describe(&writer);
  frame_send(FRAME_SYNCED, 0, answer, writer.at - answer);
}

static void resize(struct channel *channel, struct reader *reader) {
  u16 rows = get_u16(reader), columns = get_u16(reader);
  if (channel && channel->terminal && channel->in.fd >= 0) terminal_resize(channel->in.fd, rows, columns);
}

void frame_dispatch(u8 type, u32 id, const u8 *payload, u32 length) {
  struct reader reader = {payload, payload + length, 0};
  struct channel *channel = type <= FRAME_RESIZE && type != FRAME_BATCH ? channel_find(id) : NULL;
  struct stub *stub = type == FRAME_STUB_EXIT || type == FRAME_STUB_RAW ? stub_find(id) : NULL;
  u32 value;
  switch (type) {
    case FRAME_BATCH:
      batch_run(id, payload, length);
      return;
    case FRAME_DATA:
      if (channel) channel_data(channel, payload, length);
      return;
    case FRAME_CREDIT:
      value = get_u32(&reader);
      if (channel && !reader.bad) channel_credit(channel, value);
      break;
    case FRAME_CLOSE:
      if (channel) channel_close_output(channel);
      break;
    case FRAME_STOP:
      get_u32(&reader);
      if (channel) channel_stop_input(channel);
      break;
    case FRAME_RESIZE:
      resize(channel, &reader);
      break;
    case FRAME_STUB_EXIT:
      value = get_u8(&reader);
      if (stub) stub_exit(stub, value);
      break;
    case FRAME_STUB_RAW:
      value = get_u8(&reader);
      if (stub) stub_raw(stub, value);
      break;
    case FRAME_DAEMON_STOPPED:
      daemon_stopped(id);
      break;
    case FRAME_DAEMON_LOG:
      daemon_log(id, payload, length);
      return;
    case FRAME_UNLISTEN: {
      struct listener *listener = listener_find(id);
      if (listener && listener->kind == LISTEN_HOST) listener_close(listener);
      break;
    }
    case FRAME_RESYNC:
      resync(payload, length);
      return;
    case FRAME_PING:
      frame_send(FRAME_PONG, id, payload, min(length, 1024));
      return;
    default:
      fatal("unknown frame");
  }
  if (reader.bad || reader.at != reader.end) fatal("malformed frame");
}
