/*
 * The file that keeps the documents: a header, then records that are only ever added at the end.
 *
 * A record is its payload's length, a CRC-32C over kind and payload, the kind, and the payload: a namespace ended by zero,
 * then the document or nothing. What is broken at the end, as a kill in the middle of a write leaves it, is cut off.
 */
#include "../../stand-in/digest.h"
#include "log.h"
#include "store.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "drydock-mongo 1\n";
enum { HEAD_BYTES = 9, WORTH_BYTES = 4 << 20, FILE_BYTES = 1 << 30 };

static char path[4096], new_path[4096], directory_path[4096];
static int file = -1, lock_file = -1;
static uint64_t file_bytes;
static bool dirty, replaying;
static struct buffer pending;

static void put_record(struct buffer *out, enum journal_kind kind, const char *name, const uint8_t *document) {
    size_t name_size = strlen(name) + 1, size = name_size + (document ? bson_size(document) : 0);
    buffer_u32(out, (uint32_t)size);
    buffer_u32(out, 0);
    size_t summed = out->length;
    buffer_byte(out, (uint8_t)kind);
    buffer_append(out, name, name_size);
    if (document) buffer_append(out, document, bson_size(document));
    store_u32(out->bytes + summed - 4, crc32c(0, out->bytes + summed, out->length - summed));
}

void journal_note(enum journal_kind kind, const char *name, const uint8_t *document) {
    if (!replaying) put_record(&pending, kind, name, document);
}

size_t journal_pending(void) {
    return pending.length;
}

bool journal_dirty(void) {
    return dirty;
}

static bool write_all(int to, const uint8_t *bytes, size_t size) {
    while (size) {
        ssize_t done = write(to, bytes, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

bool journal_write(struct failure *failure) {
    if (replaying || !pending.length) return true;
    bool done = file_bytes + pending.length <= FILE_BYTES && write_all(file, pending.bytes, pending.length);
    int error = file_bytes + pending.length > FILE_BYTES ? EFBIG : errno;
    if (done) {
        file_bytes += pending.length;
        dirty = true;
    } else {
        /* Half of a record may be there: gone again, so that the next one follows a whole one. */
        if (ftruncate(file, (off_t)file_bytes) || lseek(file, (off_t)file_bytes, SEEK_SET) < 0) log_line('F', "STORAGE", 20561, "journal", "The journal can be neither written nor cut: the end", NULL), _exit(14);
        fail(failure, OUT_OF_DISK_SPACE, "the journal cannot be written: %s", strerror(error));
    }
    pending.length = 0;
    if (pending.capacity > 1 << 20) buffer_free(&pending);
    return done;
}

bool journal_sync(struct failure *failure) {
    if (!dirty) return true;
    /* Not every file system that a volume may lie on knows fsync. */
    if (fdatasync(file) && errno != EINVAL && errno != ENOSYS) return fail(failure, OUT_OF_DISK_SPACE, "the journal cannot be kept safe: %s", strerror(errno));
    dirty = false;
    return true;
}

/* One record of the file; false at the end of what is sound. */
static bool read_record(FILE *from, uint64_t left, struct buffer *room, uint64_t *size) {
    uint8_t head[HEAD_BYTES];
    if (left < HEAD_BYTES || fread(head, 1, HEAD_BYTES, from) != HEAD_BYTES) return false;
    uint32_t length = load_u32(head);
    if (length > left - HEAD_BYTES || length > BSON_DOCUMENT_BYTES + 64 * 1024) return false;
    room->length = 0;
    if (fread(buffer_reserve(room, length), 1, length, from) != length) return false;
    if (crc32c(crc32c(0, head + 8, 1), room->bytes, length) != load_u32(head + 4)) return false;
    const uint8_t *zero = memchr(room->bytes, 0, length);
    size_t name = zero ? (size_t)(zero - room->bytes) + 1 : 0;
    if (!name || name > NAMESPACE_BYTES + 1 || (length > name && !bson_valid(room->bytes + name, length - name))) return false;
    *size = HEAD_BYTES + (uint64_t)length;
    return store_replay(head[8], (const char *)room->bytes, length > name ? room->bytes + name : NULL);
}

static bool read_all(uint64_t size, struct failure *failure) {
    FILE *from = fopen(path, "r");
    char head[sizeof magic];
    if (!from) return fail(failure, 1, "%s: %s", path, strerror(errno));
    if (size && (fread(head, 1, sizeof head, from) != sizeof head || memcmp(head, magic, sizeof head))) {
        fclose(from);
        return fail(failure, 1, "%s is not a journal of this server", path);
    }
    struct buffer room = {0};
    uint64_t at = sizeof magic, step;
    replaying = true;
    while (at < size && read_record(from, size - at, &room, &step)) {
        at += step;
        store_commit(failure);
    }
    replaying = false;
    buffer_free(&room);
    fclose(from);
    if (at < size) {
        char text[160];
        snprintf(text, sizeof text, "\"cutAtByte\":%llu,\"lostBytes\":%llu", (unsigned long long)at, (unsigned long long)(size - at));
        log_line('W', "STORAGE", 22271, "initandlisten", "The journal ends with a damaged record, as after an unclean shutdown; it was cut off there", text);
    }
    file_bytes = at;
    return true;
}

static bool lock_directory(const char *directory, struct failure *failure) {
    char lock_path[4096];
    snprintf(lock_path, sizeof lock_path, "%s/mongod.lock", directory);
    lock_file = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_file < 0) return fail(failure, 1, "Unable to create/open the lock file: %s (%s). Ensure the user executing mongod is the owner of the lock file and has the appropriate permissions", lock_path, strerror(errno));
    if (flock(lock_file, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return fail(failure, 98, "DBPathInUse: Unable to lock the lock file: %s (Resource temporarily unavailable). Another mongod instance is already running on the %s directory", lock_path, directory);
    char pid[16];
    int length = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (!ftruncate(lock_file, 0)) write_all(lock_file, (const uint8_t *)pid, (size_t)length);
    return true;
}

bool journal_open(const char *directory, struct failure *failure) {
    struct stat status;
    if (strlen(directory) > 4000) return fail(failure, 1, "the data directory's path is too long");
    if (stat(directory, &status) || !S_ISDIR(status.st_mode)) return fail(failure, 100, "NonExistentPath: Data directory %s not found. Create the missing directory or specify another path using (1) the --dbpath command line option, or (2) by adding the 'storage.dbPath' option in the configuration file.", directory);
    snprintf(directory_path, sizeof directory_path, "%s", directory);
    snprintf(path, sizeof path, "%.4000s/drydock.journal", directory);
    snprintf(new_path, sizeof new_path, "%.4000s/drydock.journal.new", directory);
    if (!lock_directory(directory, failure)) return false;
    /* Left by a compaction that did not come to its end: the old file is whole. */
    unlink(new_path);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || fstat(file, &status)) return fail(failure, 1, "%s: %s", path, strerror(errno));
    /* A header that was cut short by a kill right after the first start: nothing was kept yet. */
    uint64_t size = status.st_size < (off_t)sizeof magic ? 0 : (uint64_t)status.st_size;
    if (!read_all(size, failure)) return false;
    if (!size && (ftruncate(file, 0) || !write_all(file, (const uint8_t *)magic, sizeof magic))) return fail(failure, 1, "%s: %s", path, strerror(errno));
    if (size > file_bytes && ftruncate(file, (off_t)file_bytes)) return fail(failure, 1, "%s: %s", path, strerror(errno));
    if (lseek(file, (off_t)file_bytes, SEEK_SET) < 0) return fail(failure, 1, "%s: %s", path, strerror(errno));
    journal_compact_if_worth_it();
    return true;
}

/* Everything that is there, as a new file. */
static bool write_anew(int to, uint64_t *size) {
    struct buffer out = {0};
    struct collection *each;
    bool done = write_all(to, (const uint8_t *)magic, sizeof magic);
    *size = sizeof magic;
    for (uint32_t i = 0; done && (each = store_at(i)); i++) {
        put_record(&out, JOURNAL_CREATE, each->name, NULL);
        for (uint32_t j = 0; done && j < each->used; j++) {
            if (each->records[j]) put_record(&out, JOURNAL_PUT, each->name, each->records[j]->bson);
            if (out.length < 256 * 1024 && j + 1 < each->used) continue;
            *size += out.length;
            done = write_all(to, out.bytes, out.length);
            out.length = 0;
        }
    }
    *size += out.length;
    done = done && write_all(to, out.bytes, out.length);
    buffer_free(&out);
    return done;
}

void journal_compact_if_worth_it(void) {
    if (file_bytes < WORTH_BYTES || file_bytes / 3 < store_bytes()) return;
    int to = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    uint64_t size = 0;
    if (to < 0) return;
    bool done = write_anew(to, &size) && (!fsync(to) || errno == EINVAL || errno == ENOSYS) && !rename(new_path, path);
    if (!done) {
        /* The old file goes on. */
        close(to);
        unlink(new_path);
        return;
    }
    int directory = open(directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
    close(file);
    file = to;
    file_bytes = size;
    dirty = false;
    char text[80];
    snprintf(text, sizeof text, "\"sizeBytes\":%llu", (unsigned long long)size);
    log_line('I', "STORAGE", 4795906, "journal", "The journal was written anew", text);
}
