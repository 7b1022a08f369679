/* Owns: the process: options, locale, exit codes.
 * Thread: main.
 * Called by: the system. */
#include <locale.h>

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  return argc > 0 ? 0 : 1;
}
