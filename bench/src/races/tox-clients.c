// Clients of libtoxcore in a process of their own: what client.ts does for clients that Node runs. It is told what to do, one line at
// a time (`number method key=value…`, lists with commas), and answers with one line each (`number ok key=value…`).
//
// Each client is asked for what came every 200 us. Their own interval is up to 50 ms, which is what a person's program does.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <tox/tox.h>
#include <unistd.h>

enum { MOST_CLIENTS = 128, MOST_WAITING = 256, NAME = 32, LINE = 65536, TEXT = 1024, ACK = 16, HEAD = 13, NUMBERS = 65536 };
static const useconds_t PAUSE_US = 200;
static const uint16_t FIRST_PORT = 33445, LAST_PORT = 35445;
static const char FILLER[] = "shall we say half past seven, at the usual place? ";

// toxcore cannot be told which address to listen at and takes all of them: nothing but loopback is for a race.
int bind(int socket, const struct sockaddr *address, socklen_t length) {
  struct sockaddr_in here;
  if (address->sa_family != AF_INET || length < sizeof here) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  memcpy(&here, address, sizeof here);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return (int)syscall(SYS_bind, socket, &here, sizeof here);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}
static void fail(const char *why) {
  fprintf(stderr, "tox-clients: %s\n", why);
  exit(1);
}

typedef struct {
  char name[NAME];
  Tox *tox;
  bool echoes;
  /** By the number toxcore gave them. */
  char friends[MOST_CLIENTS][NAME];
  size_t friend_count;
  // What it is to get in the run that is watched.
  bool watches;
  bool seen[NUMBERS];
  int highest;
} Client;
static Client *clients[MOST_CLIENTS];
static size_t client_count;
static const char *folder;

// The one run that is on: of who pumps, or of those that watch.
static struct {
  int run, count, window, next, done, disordered, highest;
  long left;
  bool pumps, paces;
  Client *from;
  uint32_t to;
  char names[LINE];
  double began, ended, sent_at, *sent, *took;
  long took_count;
} job;

typedef struct {
  int number;
  enum { FREE, CONNECTED, ALL_CONNECTED, PUMPED, WATCHED } kind;
  Client *client;
  uint32_t friend;
} Waiting;
static Waiting waiting[MOST_WAITING];

static void answer(int number, const char *form, ...) {
  va_list values;
  va_start(values, form);
  printf("%d ok ", number);
  vprintf(form, values);
  putchar('\n');
  fflush(stdout);
  va_end(values);
}
static void wait_for(int number, int kind, Client *client, uint32_t friend) {
  for (size_t i = 0; i < MOST_WAITING; i++) {
    if (waiting[i].kind != FREE) continue;
    waiting[i] = (Waiting){.number = number, .kind = kind, .client = client, .friend = friend};
    return;
  }
  fail("too many wait");
}

static Client *client_of(const char *name) {
  for (size_t i = 0; i < client_count; i++)
    if (strcmp(clients[i]->name, name) == 0) return clients[i];
  fail("no such client");
  return NULL;
}
static uint32_t friend_of(const Client *client, const char *name) {
  for (size_t i = 0; i < client->friend_count; i++)
    if (strcmp(client->friends[i], name) == 0) return (uint32_t)i;
  fail("no such friend");
  return 0;
}
static bool are_connected(void) {
  for (size_t i = 0; i < client_count; i++)
    for (size_t friend = 0; friend < clients[i]->friend_count; friend++)
      if (tox_friend_get_connection_status(clients[i]->tox, (uint32_t)friend, NULL) == TOX_CONNECTION_NONE) return false;
  return true;
}

// What did not fit into the queue of a connection goes in later, in its order.
typedef struct Held {
  Client *client;
  uint32_t friend;
  uint8_t text[TEXT];
  size_t length;
  struct Held *next;
} Held;
static Held *first_held, *last_held;
static bool hand(Client *client, uint32_t friend, const uint8_t *text, size_t length) {
  Tox_Err_Friend_Send_Message error;
  tox_friend_send_message(client->tox, friend, TOX_MESSAGE_TYPE_NORMAL, text, length, &error);
  if (error != TOX_ERR_FRIEND_SEND_MESSAGE_OK && error != TOX_ERR_FRIEND_SEND_MESSAGE_SENDQ) {
    fprintf(stderr, "tox-clients: a message was refused: %d\n", (int)error);
    exit(1);
  }
  return error == TOX_ERR_FRIEND_SEND_MESSAGE_OK;
}
static void hand_held(void) {
  while (first_held != NULL && hand(first_held->client, first_held->friend, first_held->text, first_held->length)) {
    Held *gone = first_held;
    first_held = gone->next;
    if (first_held == NULL) last_held = NULL;
    free(gone);
  }
}
static void send_text(Client *client, uint32_t friend, char kind, int run, int number) {
  uint8_t text[TEXT + 1];
  int length = snprintf((char *)text, sizeof text, "%c%03d.%07d ", kind, run, number);
  for (; length < TEXT; length++) text[length] = (uint8_t)FILLER[(size_t)(length - HEAD) % (sizeof FILLER - 1)];
  size_t size = kind == 'a' ? ACK : TEXT;
  if (first_held == NULL && hand(client, friend, text, size)) return;
  Held *held = malloc(sizeof *held);
  if (held == NULL) fail("no memory");
  *held = (Held){.client = client, .friend = friend, .length = size};
  memcpy(held->text, text, size);
  if (last_held == NULL) first_held = held;
  else last_held->next = held;
  last_held = held;
}
/** `text` to each name of the list. */
static void send_all(Client *client, const char *names, int run, int number) {
  char copy[LINE], *rest = copy;
  snprintf(copy, sizeof copy, "%s", names);
  for (char *name; (name = strsep(&rest, ",")) != NULL;) send_text(client, friend_of(client, name), 't', run, number);
}

static void push(void) {
  for (; job.next < job.count && job.next - job.done < job.window; job.next++) {
    job.sent[job.next] = now();
    send_text(job.from, job.to, 't', job.run, job.next);
  }
}
static void pace(long receivers) {
  job.left = receivers;
  job.sent_at = now();
  send_all(job.from, job.names, job.run, job.next++);
}
static void heard_answer(int number) {
  job.took[job.took_count++] = now() - job.sent[number];
  if (number < job.highest) job.disordered++;
  else job.highest = number;
  job.done++;
  if (job.done == job.count) job.ended = now();
  else push();
}
static long receivers;
static void heard_watched(Client *client, int number) {
  if (number < 0 || number >= job.count || client->seen[number]) return;
  client->seen[number] = true;
  if (number < client->highest) job.disordered++;
  else client->highest = number;
  job.left--;
  if (job.paces) {
    job.took[job.took_count++] = now() - job.sent_at;
    if (job.left == 0 && job.next < job.count) {
      pace(receivers);
      return;
    }
  }
  if (job.left == 0) job.ended = now();
}
static void heard(Tox *tox, uint32_t friend, Tox_Message_Type type, const uint8_t *text, size_t length, void *user) {
  (void)tox, (void)type;
  Client *client = user;
  char head[HEAD + 1] = {0}, kind;
  int run, number;
  memcpy(head, text, length < HEAD ? length : HEAD);
  if (sscanf(head, "%c%3d.%7d", &kind, &run, &number) != 3) return;
  if (kind == 't' && client->echoes) send_text(client, friend, 'a', run, number);
  if (run != job.run) return;
  if (kind == 'a' && job.pumps && client == job.from) heard_answer(number);
  if (kind == 't' && client->watches) heard_watched(client, number);
}

static FILE *state_of(const char *name, const char *how) {
  char path[LINE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return fopen(path, how);
}
/** With the keys and friends it had, if it was here before. */
static void open_client(const char *name) {
  if (client_count == MOST_CLIENTS) fail("too many clients");
  Client *client = calloc(1, sizeof *client);
  struct Tox_Options *options = tox_options_new(NULL);
  if (client == NULL || options == NULL) fail("no memory");
  snprintf(client->name, NAME, "%s", name);
  tox_options_set_ipv6_enabled(options, false);
  tox_options_set_local_discovery_enabled(options, false);
  tox_options_set_hole_punching_enabled(options, false);
  tox_options_set_start_port(options, FIRST_PORT);
  tox_options_set_end_port(options, LAST_PORT);
  uint8_t *state = NULL;
  FILE *file = state_of(name, "rb");
  if (file != NULL) {
    size_t size;
    if (fread(&client->friend_count, sizeof client->friend_count, 1, file) != 1 ||
        fread(client->friends, sizeof client->friends, 1, file) != 1 || fread(&size, sizeof size, 1, file) != 1)
      fail("a state that does not read");
    state = malloc(size);
    if (state == NULL || fread(state, size, 1, file) != 1) fail("a state that does not read");
    fclose(file);
    tox_options_set_savedata_type(options, TOX_SAVEDATA_TYPE_TOX_SAVE);
    tox_options_set_savedata_data(options, state, size);
  }
  client->tox = tox_new(options, NULL);
  if (client->tox == NULL) fail("toxcore does not start");
  tox_options_free(options);
  free(state);
  tox_callback_friend_message(client->tox, heard);
  clients[client_count++] = client;
}
static void close_client(const char *name) {
  Client *client = client_of(name);
  size_t size = tox_get_savedata_size(client->tox);
  uint8_t *state = malloc(size);
  FILE *file = state_of(name, "wb");
  if (state == NULL || file == NULL) fail("no room for a state");
  tox_get_savedata(client->tox, state);
  fwrite(&client->friend_count, sizeof client->friend_count, 1, file);
  fwrite(client->friends, sizeof client->friends, 1, file);
  fwrite(&size, sizeof size, 1, file);
  fwrite(state, size, 1, file);
  if (fclose(file) != 0) fail("no room for a state");
  free(state);
  tox_kill(client->tox);
  for (size_t i = 0; i < client_count; i++)
    if (clients[i] == client) clients[i] = clients[client_count - 1];
  client_count--;
  free(client);
}

/** Its public key, that of its node, and its port. */
enum { LINK = 4 * TOX_PUBLIC_KEY_SIZE + 8 };
static void link_of(const Client *client, char *link) {
  uint8_t keys[2 * TOX_PUBLIC_KEY_SIZE];
  tox_self_get_public_key(client->tox, keys);
  tox_self_get_dht_id(client->tox, keys + TOX_PUBLIC_KEY_SIZE);
  for (size_t i = 0; i < sizeof keys; i++) sprintf(link + 2 * i, "%02x", keys[i]);
  sprintf(link + 2 * sizeof keys, ":%u", tox_self_get_udp_port(client->tox, NULL));
}
static uint32_t befriend(Client *client, const char *link, const char *name) {
  uint8_t keys[2 * TOX_PUBLIC_KEY_SIZE];
  for (size_t i = 0; i < sizeof keys; i++) sscanf(link + 2 * i, "%2hhx", &keys[i]);
  uint16_t port = (uint16_t)atoi(link + 2 * sizeof keys + 1);
  tox_bootstrap(client->tox, "127.0.0.1", port, keys + TOX_PUBLIC_KEY_SIZE, NULL);
  uint32_t friend = tox_friend_add_norequest(client->tox, keys, NULL);
  if (friend != client->friend_count) fail("a friend that was not added");
  snprintf(client->friends[client->friend_count++], NAME, "%s", name);
  return friend;
}

/** The value of a key, until the next call. */
static const char *value(const char *line, const char *key) {
  static char found[LINE];
  char wanted[NAME];
  snprintf(wanted, sizeof wanted, " %s=", key);
  const char *at = strstr(line, wanted);
  if (at == NULL) fail("a value is missing");
  at += strlen(wanted);
  snprintf(found, sizeof found, "%.*s", (int)strcspn(at, " \n"), at);
  return found;
}
static int integer(const char *line, const char *key) { return atoi(value(line, key)); }
static void begin(const char *line, Client *from) {
  free(job.sent);
  free(job.took);
  memset(&job, 0, sizeof job);
  job.run = integer(line, "run");
  job.count = integer(line, "count");
  if (job.count > NUMBERS) fail("too many messages");
  job.from = from;
  job.highest = -1;
  job.sent = calloc((size_t)job.count, sizeof *job.sent);
  job.took = calloc((size_t)job.count * MOST_CLIENTS, sizeof *job.took);
  if (job.sent == NULL || job.took == NULL) fail("no memory");
  for (size_t i = 0; i < client_count; i++) clients[i]->watches = false;
}
static void watch(const char *names) {
  char copy[LINE], *rest = copy;
  snprintf(copy, sizeof copy, "%s", names);
  receivers = 0;
  for (char *name; (name = strsep(&rest, ",")) != NULL; receivers++) {
    Client *client = client_of(name);
    client->watches = true;
    client->highest = -1;
    memset(client->seen, 0, sizeof client->seen);
  }
  job.left = receivers * job.count;
}

static void each(const char *names, void (*work)(const char *)) {
  char copy[LINE], *rest = copy;
  snprintf(copy, sizeof copy, "%s", names);
  for (char *name; (name = strsep(&rest, ",")) != NULL;) work(name);
}
static void take(const char *line) {
  int number;
  char method[NAME], link[LINK];
  if (sscanf(line, "%d %31s", &number, method) != 2) fail("a line that does not read");
  if (strcmp(method, "open") == 0) {
    each(value(line, "names"), open_client);
    answer(number, "");
  } else if (strcmp(method, "close") == 0) {
    each(value(line, "names"), close_client);
    answer(number, "");
  } else if (strcmp(method, "gather") == 0) {
    wait_for(number, ALL_CONNECTED, NULL, 0);
  } else if (strcmp(method, "invite") == 0) {
    link_of(client_of(value(line, "name")), link);
    answer(number, "value=%s", link);
  } else if (strcmp(method, "accept") == 0) {
    Client *client = client_of(value(line, "name"));
    befriend(client, value(line, "link"), "hub");
    link_of(client, link);
    answer(number, "value=%s", link);
  } else if (strcmp(method, "met") == 0) {
    Client *client = client_of(value(line, "name"));
    bool is_known = strcmp(value(line, "who"), "hub") == 0;
    if (!is_known) {
      char who[NAME];
      snprintf(who, sizeof who, "%s", value(line, "who"));
      befriend(client, value(line, "conversation"), who);
    }
    wait_for(number, CONNECTED, client, friend_of(client, value(line, "who")));
  } else if (strcmp(method, "echo") == 0) {
    client_of(value(line, "name"))->echoes = true;
    answer(number, "");
  } else if (strcmp(method, "pump") == 0) {
    begin(line, client_of(value(line, "from")));
    job.to = friend_of(job.from, value(line, "to"));
    job.window = integer(line, "window");
    job.pumps = true;
    job.began = now();
    push();
    wait_for(number, PUMPED, NULL, 0);
  } else if (strcmp(method, "watch") == 0) {
    begin(line, NULL);
    watch(value(line, "names"));
    answer(number, "");
  } else if (strcmp(method, "watched") == 0) {
    wait_for(number, WATCHED, NULL, 0);
  } else if (strcmp(method, "burst") == 0) {
    Client *from = client_of(value(line, "from"));
    int run = integer(line, "run"), messages = integer(line, "count");
    const char *to = value(line, "to");
    double start = now();
    for (int i = 0; i < messages; i++) send_all(from, to, run, i);
    answer(number, "value=%.6f", start);
  } else if (strcmp(method, "paced") == 0) {
    begin(line, client_of(value(line, "from")));
    snprintf(job.names, sizeof job.names, "%s", value(line, "to"));
    watch(job.names);
    job.paces = true;
    job.began = now();
    pace(receivers);
    wait_for(number, PUMPED, NULL, 0);
  } else {
    fail("no such method");
  }
}

static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}
static double quantile(double part) {
  long at = (long)(part * (double)job.took_count);
  return job.took[at < job.took_count ? at : job.took_count - 1];
}
static void settle(Waiting *one) {
  switch (one->kind) {
    case FREE:
      return;
    case CONNECTED:
      if (tox_friend_get_connection_status(one->client->tox, one->friend, NULL) == TOX_CONNECTION_NONE) return;
      answer(one->number, "");
      break;
    case ALL_CONNECTED:
      if (!are_connected()) return;
      answer(one->number, "");
      break;
    case PUMPED:
      if (job.ended == 0) return;
      qsort(job.took, (size_t)job.took_count, sizeof *job.took, by_size);
      answer(one->number, "ms=%.6f p50=%.6f p99=%.6f disordered=%d", job.ended - job.began, quantile(0.5),
             quantile(0.99), job.disordered);
      break;
    case WATCHED:
      if (job.ended == 0) return;
      answer(one->number, "at=%.6f disordered=%d", job.ended, job.disordered);
      break;
  }
  one->kind = FREE;
}

int main(int count, char **words) {
  static char lines[LINE];
  size_t held = 0;
  if (count != 2) fail("one word: the folder for states");
  folder = words[1];
  for (;;) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    if (poll(&input, 1, 0) > 0) {
      ssize_t came = read(0, lines + held, sizeof lines - 1 - held);
      // Nobody asks any more.
      if (came <= 0) return 0;
      held += (size_t)came;
      lines[held] = '\0';
      for (char *end; (end = strchr(lines, '\n')) != NULL;) {
        *end = '\0';
        take(lines);
        held -= (size_t)(end + 1 - lines);
        memmove(lines, end + 1, held + 1);
      }
    }
    hand_held();
    for (size_t i = 0; i < client_count; i++) tox_iterate(clients[i]->tox, clients[i]);
    for (size_t i = 0; i < MOST_WAITING; i++) settle(&waiting[i]);
    usleep(PAUSE_US);
  }
}
