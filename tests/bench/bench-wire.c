/* Owns: the micro benchmarks of the wire: what our code costs beside the part that nobody can do
 * without, the base64 of the sound.
 * Thread: main.
 * Called by: bench.py; prints one line of JSON. */
#include <stdio.h>
#include <string.h>

#include <gio/gio.h>

#include "protocol/live-wire-in.h"
#include "protocol/live-wire-out.h"

#define ROUNDS 5
#define MIN_US 60000

typedef struct
{
  gint16 *frames;
  guint32 n_frames;
  GBytes *message;
  char *base64;
} Load;

typedef void (*Work) (const Load *load);

static void
encode_ours (const Load *load)
{
  g_free (live_wire_out_audio (load->frames, load->n_frames, 16000, NULL));
}

static void
encode_floor (const Load *load)
{
  g_free (g_base64_encode ((const guchar *) load->frames, load->n_frames * sizeof (gint16)));
}

static void
parse_ours (const Load *load)
{
  g_autoptr (GPtrArray) events = live_wire_in_parse (load->message, NULL);

  g_assert (events != NULL && events->len == 1);
}

static void
parse_floor (const Load *load)
{
  gsize n_bytes = 0;

  g_free (g_base64_decode (load->base64, &n_bytes));
}

/* The best of some rounds, in µs a call: what the machine did meanwhile only ever adds. */
static double
cost_us (Work work, const Load *load)
{
  double best_us = G_MAXDOUBLE;

  for (guint round = 0; round < ROUNDS; round++)
    {
      gint64 start_us = g_get_monotonic_time (), passed_us = 0;
      guint n = 0;

      while (passed_us < MIN_US)
        {
          for (guint i = 0; i < 100; i++)
            work (load);
          n += 100;
          passed_us = g_get_monotonic_time () - start_us;
        }
      best_us = MIN (best_us, (double) passed_us / n);
    }
  return best_us;
}

static void
fill (Load *load, guint rate_hz, guint length_ms)
{
  g_autofree char *text = NULL;

  load->n_frames = rate_hz / 1000 * length_ms;
  load->frames = g_new (gint16, load->n_frames);
  for (guint32 i = 0; i < load->n_frames; i++)
    load->frames[i] = (gint16) g_random_int ();
  load->base64 = g_base64_encode ((const guchar *) load->frames, load->n_frames * sizeof (gint16));
  /* Pretty-printed, as the service writes it. */
  text = g_strdup_printf ("{\n  \"serverContent\": {\n    \"modelTurn\": {\n      \"parts\": [\n"
                          "        {\n          \"inlineData\": {\n"
                          "            \"mimeType\": \"audio/pcm;rate=24000\",\n"
                          "            \"data\": \"%s\"\n          }\n        }\n      ]\n"
                          "    }\n  }\n}\n",
                          load->base64);
  load->message = g_bytes_new (text, strlen (text));
}

static void
clear (Load *load)
{
  g_free (load->frames);
  g_free (load->base64);
  g_bytes_unref (load->message);
}

static void
measure (const char *name, guint rate_hz, guint length_ms, Work ours, Work floor, gboolean is_last)
{
  Load load = { 0 };

  fill (&load, rate_hz, length_ms);
  printf ("{\"name\":\"%s %u ms\",\"us\":%.2f,\"floor_us\":%.2f}%s", name, length_ms,
          cost_us (ours, &load), cost_us (floor, &load), is_last ? "]\n" : ",");
  clear (&load);
}

int
main (void)
{
  printf ("[");
  measure ("encode speech", 16000, 20, encode_ours, encode_floor, FALSE);
  measure ("encode speech", 16000, 100, encode_ours, encode_floor, FALSE);
  measure ("parse speech", 24000, 40, parse_ours, parse_floor, FALSE);
  measure ("parse speech", 24000, 200, parse_ours, parse_floor, FALSE);
  measure ("parse speech", 24000, 1000, parse_ours, parse_floor, TRUE);
  return 0;
}
