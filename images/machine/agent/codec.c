/*
 * Little-endian payloads, read and written with bounds. A string is u32 length, bytes, NUL, so that C can
 * use it where it lies; one with a NUL inside is malformed.
 */
#include "agent.h"

static const u8 *take(struct reader *reader, u32 length) {
  static const u8 nothing[8];
  if (reader->bad || (u32)(reader->end - reader->at) < length) {
    reader->bad = 1;
    return length <= sizeof nothing ? nothing : NULL;
  }
  const u8 *bytes = reader->at;
  reader->at += length;
  return bytes;
}

u8 get_u8(struct reader *reader) { return *take(reader, 1); }
u16 get_u16(struct reader *reader) {
  u16 value;
  memcpy(&value, take(reader, 2), 2);
  return value;
}
u32 get_u32(struct reader *reader) {
  u32 value;
  memcpy(&value, take(reader, 4), 4);
  return value;
}
u64 get_u64(struct reader *reader) {
  u64 value;
  memcpy(&value, take(reader, 8), 8);
  return value;
}

const u8 *get_bytes(struct reader *reader, u32 *length) {
  *length = get_u32(reader);
  const u8 *bytes = take(reader, *length);
  if (reader->bad) *length = 0;
  return bytes;
}

const char *get_string(struct reader *reader) {
  u32 length = get_u32(reader);
  if (length >= FRAME_MAX) reader->bad = 1;
  const char *text = (const char *)take(reader, length + 1);
  if (reader->bad) return "";
  for (u32 i = 0; i < length; i++)
    if (!text[i]) reader->bad = 1;
  if (text[length]) reader->bad = 1;
  return reader->bad ? "" : text;
}

void put_raw(struct writer *writer, const void *bytes, u32 length) {
  if (writer->full || (u32)(writer->end - writer->at) < length) {
    writer->full = 1;
    return;
  }
  memcpy(writer->at, bytes, length);
  writer->at += length;
}
void put_u8(struct writer *writer, u8 value) { put_raw(writer, &value, 1); }
void put_u16(struct writer *writer, u16 value) { put_raw(writer, &value, 2); }
void put_u32(struct writer *writer, u32 value) { put_raw(writer, &value, 4); }
void put_u64(struct writer *writer, u64 value) { put_raw(writer, &value, 8); }
void put_bytes(struct writer *writer, const void *bytes, u32 length) {
  put_u32(writer, length);
  put_raw(writer, bytes, length);
}
void put_string(struct writer *writer, const char *text) {
  u32 length = text_length(text);
  put_u32(writer, length);
  put_raw(writer, text, length + 1);
}
