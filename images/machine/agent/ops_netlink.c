/*
 * Netlink messages that the host wrote, sent in a network namespace, and their answers. The agent knows
 * nothing of links and addresses; it counts acknowledgements and fills in descriptors of opened paths.
 */
#include "agent.h"
#include <linux/netlink.h>

#define MAX_FIXUPS 16
#define MAX_TOLERATED 16
#define RECEIVE_MAX 32768

struct request {
  u32 protocol;
  u8 at_once; /* all messages in one datagram (nf_tables transactions) */
  const char *namespace;
  u32 tolerated[MAX_TOLERATED], tolerated_count;
  int opened[MAX_FIXUPS];
  u32 opened_count;
  u8 *messages;
  u32 length;
};

static int is_tolerated(const struct request *request, int error) {
  for (u32 i = 0; i < request->tolerated_count; i++)
    if (request->tolerated[i] == (u32)-error) return 1;
  return 0;
}

static int netlink_open(u32 protocol) {
  int fd = sys_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;
  if (fd < 0) return fd;
  SYS(setsockopt, fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  SYS(setsockopt, fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  return fd;
}

/* The kernel's own words about an error (NLMSGERR_ATTR_MSG), when it has any. */
static void note_message(const struct nlmsghdr *reply) {
  if (!(reply->nlmsg_flags & NLM_F_ACK_TLVS)) return;
  const u8 *at = (const u8 *)reply + 16 + 20, *end = (const u8 *)reply + reply->nlmsg_len;
  while (at + 4 <= end) {
    const struct nlattr *attribute = (const struct nlattr *)at;
    if (attribute->nla_len < 4) return;
    if (attribute->nla_type == NLMSGERR_ATTR_MSG && at + attribute->nla_len <= end) {
      op_note(": ");
      op_note((const char *)at + 4);
    }
    at += (attribute->nla_len + 3) & ~3;
  }
}

static int failed(const struct request *request, u32 index, const struct nlmsghdr *reply, int error) {
  if (is_tolerated(request, error)) return 0;
  op_note("message ");
  op_note_number(index);
  if (reply) note_message(reply);
  return error;
}

/* Which message a reply belongs to, by its sequence number. */
static u32 index_of(const struct request *request, u32 sequence) {
  u32 index = 0;
  for (u32 at = 0; at + 16 <= request->length; index++) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)(request->messages + at);
    if (message->nlmsg_seq == sequence || message->nlmsg_len < 16) break;
    at += (message->nlmsg_len + 3) & ~3;
  }
  return index;
}

/* Receives until `expected` acknowledgements or ends of dumps came; payload replies go to `writer`. */
static int receive(int fd, const struct request *request, u32 expected, struct writer *writer) {
  static u8 buffer[RECEIVE_MAX] __attribute__((aligned(4)));
  int outcome = 0;
  while (expected) {
    int got = sys_recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == -EINTR) continue;
    if (got < 0) return outcome < 0 ? outcome : failed(request, 0, NULL, got == -EAGAIN ? -EPROTO : got);
    for (u32 at = 0; at + 16 <= (u32)got;) {
      const struct nlmsghdr *reply = (const struct nlmsghdr *)(buffer + at);
      if (reply->nlmsg_len < 16 || reply->nlmsg_len > (u32)got - at) break;
      int error = 0;
      if (reply->nlmsg_type == NLMSG_ERROR || reply->nlmsg_type == NLMSG_DONE) {
        if (reply->nlmsg_len >= 20) error = *(const int *)(reply + 1);
        if (expected) expected--;
        if (error < 0 && !outcome) outcome = failed(request, index_of(request, reply->nlmsg_seq), reply, error);
      } else
        put_raw(writer, reply, (reply->nlmsg_len + 3) & ~3);
      at += (reply->nlmsg_len + 3) & ~3;
    }
  }
  return outcome;
}

static int transact(int fd, const struct request *request, struct writer *writer) {
  u32 expected = 0, start = 0;
  for (u32 at = 0; at < request->length;) {
    const struct nlmsghdr *message = (const struct nlmsghdr *)(request->messages + at);
    if (request->length - at < 16 || message->nlmsg_len < 16 || message->nlmsg_len > request->length - at) return -EBADMSG;
    u32 end = at + ((message->nlmsg_len + 3) & ~3);
    if (end > request->length) end = request->length;
    if (message->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)) expected++;
    at = end;
    if (request->at_once && at < request->length) continue;
    int result = sys_send(fd, request->messages + start, at - start, 0);
    if (result < 0) return failed(request, index_of(request, message->nlmsg_seq), NULL, result);
    if ((result = receive(fd, request, expected, writer)) < 0) return result;
    expected = 0;
    start = at;
  }
  return 0;
}

static int parse(struct reader *reader, struct request *request) {
  struct {
    u32 offset;
    const char *path;
  } fixups[MAX_FIXUPS];
  int result = 0;
  request->protocol = get_u32(reader);
  request->at_once = get_u8(reader);
  request->namespace = get_string(reader);
  request->tolerated_count = get_u16(reader);
  if (request->tolerated_count > MAX_TOLERATED) fatal("malformed NETLINK");
  for (u32 i = 0; i < request->tolerated_count; i++) request->tolerated[i] = get_u32(reader);
  u16 count = get_u16(reader);
  if (count > MAX_FIXUPS) fatal("malformed NETLINK");
  for (u32 i = 0; i < count; i++) {
    fixups[i].offset = get_u32(reader);
    fixups[i].path = get_string(reader);
  }
  request->messages = (u8 *)get_bytes(reader, &request->length);
  if (reader->bad) fatal("malformed NETLINK");
  for (u32 i = 0; i < count && result >= 0; i++) {
    if (request->length < 4 || fixups[i].offset > request->length - 4) return -EINVAL;
    result = sys_open(fixups[i].path, O_RDONLY | O_CLOEXEC, 0);
    if (result < 0) {
      op_note(fixups[i].path);
      break;
    }
    request->opened[request->opened_count++] = result;
    memcpy(request->messages + fixups[i].offset, &result, 4);
  }
  return result < 0 ? result : 0;
}

int op_netlink(struct reader *reader, struct writer *writer) {
  struct request request = {0};
  int result = parse(reader, &request);
  if (result == 0 && (result = netns_enter(request.namespace)) < 0) op_note(request.namespace);
  if (result >= 0) {
    int fd = result = netlink_open(request.protocol);
    if (fd >= 0) {
      result = transact(fd, &request, writer);
      sys_close(fd);
    }
    if (request.namespace[0]) netns_leave();
  }
  for (u32 i = 0; i < request.opened_count; i++) sys_close(request.opened[i]);
  return result;
}
