/* Around the `main` of published tests: takes the secret before anything runs, and gives it back
   once `main` has returned well. */
#include <stdio.h>
#include <unistd.h>

static char judge_secret[64];

__attribute__((constructor(101))) static void judge_begin(void) {
  ssize_t n = read(3, judge_secret, sizeof judge_secret);
  (void)n;
  close(3);
}

int __real_main(int, char **, char **);

int __wrap_main(int argc, char **argv, char **environment) {
  int result = __real_main(argc, argv, environment);
  if (result == 0) {
    ssize_t n = write(4, judge_secret, sizeof judge_secret);
    (void)n;
  }
  return result;
}
