/*
 * notify_run - runs a command as it would run by itself, and tells people how it ended.
 *
 * Output goes on to where it went; its last lines are in the message. Ends as the command ended, whatever became of the message.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/civil.h"
#include "common/help.h"
#include "common/log.h"
#include "common/process.h"
#include "common/sending.h"
#include "common/utf8.h"
#include "plugins/channels.h"

enum {
    LAST_MOST = 1200, /* bytes of output that are kept for the message: less than every channel takes */
    LAST_LINES = 20,  /* of them */
    CANNOT_RUN = 127, /* as a shell says it */
    SIGNALLED = 128,
};

struct job {
    const char *name;
    const char *to; /* "" for the route */
    const char *config_path;
    bool always;
    char **command;
    char last[LAST_MOST + 1];
    size_t last_len;
    int status; /* as a shell gives it */
    int64_t took_s;
};

/* --- the command --- */

static void keep_last(struct job *job, const char *bytes, size_t len)
{
    size_t kept;

    if (len > LAST_MOST) {
        bytes += len - LAST_MOST;
        len = LAST_MOST;
    }
    kept = job->last_len + len > LAST_MOST ? LAST_MOST - len : job->last_len;
    memmove(job->last, job->last + job->last_len - kept, kept);
    memcpy(job->last + kept, bytes, len);
    job->last_len = kept + len;
}

static void pass_on(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, len);

        if (written <= 0 && errno != EINTR)
            return;
        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
    }
}

static void listen_to(struct job *job, int from)
{
    char bytes[8192];
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) != 0) {
        if (got < 0 && errno != EINTR)
            return;
        if (got > 0) {
            pass_on(bytes, (size_t)got);
            keep_last(job, bytes, (size_t)got);
        }
    }
}

static void become_command(const struct job *job, const int *ends)
{
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(job->command[0], job->command);
    fprintf(stderr, "notify_run: cannot run '%s': %s\n", job->command[0], strerror(errno));
    _exit(CANNOT_RUN);
}

/* As a shell does: an interrupt from the terminal is the command's, a request to end is passed on to it. */
static volatile sig_atomic_t running_child;

static void pass_signal(int number)
{
    if (running_child > 0)
        kill((pid_t)running_child, number);
}

static void stay_while_it_runs(pid_t child)
{
    struct sigaction passing = {.sa_handler = pass_signal};

    running_child = child;
    sigaction(SIGTERM, &passing, NULL);
    sigaction(SIGHUP, &passing, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
}

static int wait_for(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return CANNOT_RUN;
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

static bool run_command(struct job *job)
{
    int64_t before_ms = clock_system.steady_ms(NULL);
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0 || (child = fork()) < 0) {
        fprintf(stderr, "notify_run: cannot start anything: %s\n", strerror(errno));
        return false;
    }
    if (child == 0)
        become_command(job, ends);
    stay_while_it_runs(child);
    close(ends[1]);
    listen_to(job, ends[0]);
    close(ends[0]);
    job->status = wait_for(child);
    running_child = 0;
    job->took_s = (clock_system.steady_ms(NULL) - before_ms) / 1000;
    return true;
}

/* --- the message --- */

/* Whole lines, the last ones. */
static const char *last_lines(struct arena *arena, const struct job *job)
{
    const char *end = job->last + job->last_len;
    const char *from = end;

    while (from > job->last && from[-1] == '\n')
        from--;
    for (int lines = 0; from > job->last && (from[-1] != '\n' || ++lines < LAST_LINES);)
        from--;
    if (from == job->last && job->last_len == LAST_MOST && memchr(from, '\n', job->last_len - 1))
        from = (const char *)memchr(from, '\n', job->last_len) + 1;
    return utf8_clean(arena, from, (size_t)(end - from));
}

static const char *host_name(struct arena *arena)
{
    char name[256] = "";

    gethostname(name, sizeof(name) - 1);
    return utf8_clean_line(arena, name, strlen(name));
}

static struct event event_of(const struct job *job, const struct world *world, enum language language)
{
    struct arena *arena = world->arena;
    struct event event = event_empty();
    const char *values[] = {job->name, arena_print(arena, "%d", job->status)};

    event.kind = EVENT_NOTE;
    event.severity = job->status == 0 ? SEVERITY_INFO : SEVERITY_ERROR;
    event.source = "manual";
    event.source_name = "notify_run";
    event.time_s = world_wall_ms(world) / 1000;
    event.host = host_name(arena);
    event.service = utf8_clean_line(arena, job->name, strlen(job->name));
    event.event_id = arena_print(arena, "%lld-%ld", (long long)event.time_s, (long)getpid());
    event.state = arena_print(arena, "%d", job->status);
    event.duration = civil_duration(arena, job->took_s);
    event.subject = word_print(arena, language, job->status == 0 ? WORD_JOB_DONE : WORD_JOB_FAILED, values, 2);
    event.message = last_lines(arena, job);
    return event;
}

static bool plan_job(const struct job *job, struct sending *sending, struct plan *plan, struct fault *fault)
{
    struct arena *arena = sending->world->arena;
    struct config *config = sending->config;
    struct call call = {.profile = "", .template_name = ""};
    const struct section *section;
    const char *title;

    if (job->to[0] == '\0')
        return sending_route(sending, &call.to, plan, fault);
    call.to = (struct text_list){.items = &job->to, .count = 1};
    title = arena_copy(arena, job->to, strcspn(job->to, ":"));
    section = config_section(config, NULL, title, fault);
    return section &&
           plan_make(arena, config, section->channel, &call, world_wall_ms(sending->world) / 1000, plan, fault);
}

static void tell(const struct job *job, struct world *world)
{
    struct sending sending = {.world = world,
                              .id = sending_id(world),
                              .template_name = "job_result",
                              .state = "",
                              .quiet = true,
                              .deadline_ms = world_steady_ms(world) + DEADLINE_DEFAULT_MS,
                              .secrets = {.arena = world->arena}};
    struct fault fault = {0};
    struct event event;
    struct plan plan;

    sending.config = config_load(world->arena, job->config_path, channels_all, &fault);
    if (sending.config) {
        event = event_of(job, world, sending.config->language);
        sending.event = &event;
    }
    if (sending.config && plan_job(job, &sending, &plan, &fault)) {
        sending_open_store(&sending);
        send_all(&sending, &plan);
    } else {
        sending_complain(&sending, arena_print(world->arena, "NP-CONFIG notify_run: %s", fault.text));
    }
}

/* --- the call --- */

static const char HELP[] = "notify_run - runs a command and tells people when it fails\n\n"
                           "  notify_run [--name NAME] [--to SECTION[:TARGET]] [--always] -- COMMAND [ARGUMENT]...\n\n"
                           "  --name NAME    what the job is called; else the command's name\n"
                           "  --to SECTION   section of notification.conf; else its route\n"
                           "  --always       tell of success, too\n"
                           "  --config FILE  in place of /etc/notification-plugins/notification.conf\n\n"
                           "The command's output goes on; its last lines are in the message. Ends as it ended.\n\n"
                           "Example:\n  notify_run --name backup --to ops -- /usr/local/bin/backup.sh /data\n\n"
                           "Everything else: man notify_run\n";

static bool read_options(int argc, char **argv, struct job *job, int *wish)
{
    static const struct option OPTIONS[] = {
        {"name",    required_argument, NULL, 'n'},
        {"to",      required_argument, NULL, 't'},
        {"always",  no_argument,       NULL, 'a'},
        {"config",  required_argument, NULL, 'c'},
        {"help",    no_argument,       NULL, 'h'},
        {"version", no_argument,       NULL, 'V'},
        {NULL,      0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "+hV", OPTIONS, NULL)) != -1) {
        if (option == 'n')
            job->name = optarg;
        else if (option == 't')
            job->to = optarg;
        else if (option == 'c')
            job->config_path = optarg;
        else if (option == 'a')
            job->always = true;
        else if (option == '?')
            return false;
        else
            *wish = option;
    }
    job->command = argv + optind;
    if (optind < argc && !job->name[0])
        job->name = argv[optind];
    return *wish || optind < argc;
}

int main(int argc, char **argv)
{
    const char *from_environment = getenv("NOTIFICATION_PLUGINS_CONFIG");
    struct job job = {.name = "",
                      .to = "",
                      .config_path = from_environment && from_environment[0] ? from_environment : CONFIG_DEFAULT_PATH};
    struct world world;
    int wish = 0;

    if (!read_options(argc, argv, &job, &wish)) {
        fputs("NP-USAGE notify_run: wanted [--name NAME] [--to SECTION] -- COMMAND; see notify_run --help\n", stderr);
        return 3;
    }
    if (wish) {
        fputs(wish == 'h' ? HELP : "notify_run (notification-plugins) " NOTIFY_VERSION "\n", stdout);
        return 0;
    }
    if (!run_command(&job))
        return CANNOT_RUN;
    if (job.status == 0 && !job.always)
        return 0;
    process_prepare(); /* not before: the command runs in its caller's house, not in ours */
    process_watch(DEADLINE_DEFAULT_MS, "NP-DEADLINE notify_run: what became of the message is not known\n");
    log_open("notify_run", false);
    world = world_system(arena_new());
    tell(&job, &world);
    arena_release(world.arena);
    return job.status;
}
