/*
 * record_call - stands in for a notification program and writes down how it was called.
 *
 * One JSON object a line is appended to the file that RECORD_CALL names (or record_call.jsonl beside the program): argv,
 * environment, working directory, umask, ids, ignored signals and open descriptors. Bytes that are not ASCII go through
 * as they are. Its exit status is RECORD_CALL_STATUS, else 0.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { DESCRIPTORS_SHOWN = 64 };

static void write_text(FILE *out, const char *text, size_t len)
{
    putc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f)
            fprintf(out, "\\u%04x", byte);
        else
            putc(byte, out);
    }
    putc('"', out);
}

static void write_arguments(FILE *out, char **argv)
{
    fputs("\"argv\":[", out);
    for (char **at = argv; *at; at++) {
        if (at != argv)
            putc(',', out);
        write_text(out, *at, strlen(*at));
    }
    putc(']', out);
}

static void write_environment(FILE *out, char **environment)
{
    const char *comma = "";

    fputs(",\"environment\":{", out);
    for (char **at = environment; *at; at++) {
        const char *equals = strchr(*at, '=');

        if (!equals)
            continue;
        fputs(comma, out);
        write_text(out, *at, (size_t)(equals - *at));
        putc(':', out);
        write_text(out, equals + 1, strlen(equals + 1));
        comma = ",";
    }
    putc('}', out);
}

static void write_descriptors(FILE *out)
{
    const char *comma = "";

    fputs(",\"descriptors\":{", out);
    for (int fd = 0; fd < DESCRIPTORS_SHOWN; fd++) {
        char name[32];
        char target[PATH_MAX];
        ssize_t len;

        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        len = readlink(name, target, sizeof(target));
        if (len < 0 || fd == fileno(out))
            continue;
        fprintf(out, "%s\"%d\":", comma, fd);
        write_text(out, target, (size_t)len);
        comma = ",";
    }
    putc('}', out);
}

static void write_process(FILE *out)
{
    char directory[PATH_MAX];
    char line[256];
    mode_t mask = umask(0);
    FILE *status = fopen("/proc/self/status", "r");

    if (!getcwd(directory, sizeof(directory)))
        directory[0] = '\0';
    fputs(",\"directory\":", out);
    write_text(out, directory, strlen(directory));
    fprintf(out, ",\"umask\":%u,\"user\":%u,\"group\":%d,\"pid\":%d", (unsigned)mask, (unsigned)getuid(),
            (int)getpgrp(), (int)getpid());
    while (status && fgets(line, sizeof(line), status))
        if (strncmp(line, "SigIgn:", 7) == 0)
            fprintf(out, ",\"ignored_signals\":%llu", strtoull(line + 7, NULL, 16));
    if (status)
        fclose(status);
    umask(mask);
}

static FILE *open_record(const char *program)
{
    const char *named = getenv("RECORD_CALL");
    const char *slash = strrchr(program, '/');
    char beside[PATH_MAX];
    FILE *out;

    snprintf(beside, sizeof(beside), "%.*s/record_call.jsonl", slash ? (int)(slash - program) : 1,
             slash ? program : ".");
    out = fopen(named ? named : beside, "a");
    if (out)
        flock(fileno(out), LOCK_EX);
    return out;
}

int main(int argc, char **argv, char **environment)
{
    const char *status = getenv("RECORD_CALL_STATUS");
    FILE *out = open_record(argc > 0 ? argv[0] : "");

    if (!out)
        return 125;
    putc('{', out);
    write_arguments(out, argv);
    write_environment(out, environment);
    write_descriptors(out);
    write_process(out);
    fputs("}\n", out);
    fclose(out);
    return status ? (int)strtol(status, NULL, 10) : 0;
}
