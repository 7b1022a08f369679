/* The rows of all verbs; each is defined in its cmd-*.c.
 * Thread: main only. Used by: main.c and the verbs. */
#pragma once

#include "livectl.h"

extern const LivectlCommand livectl_agent;
extern const LivectlCommand livectl_ask;
extern const LivectlCommand livectl_chat;
extern const LivectlCommand livectl_check;
extern const LivectlCommand livectl_config;
extern const LivectlCommand livectl_connect;
extern const LivectlCommand livectl_devices;
extern const LivectlCommand livectl_disconnect;
extern const LivectlCommand livectl_dump;
extern const LivectlCommand livectl_interrupt;
extern const LivectlCommand livectl_listen;
extern const LivectlCommand livectl_monitor;
extern const LivectlCommand livectl_mute;
extern const LivectlCommand livectl_new;
extern const LivectlCommand livectl_send;
extern const LivectlCommand livectl_status;
extern const LivectlCommand livectl_tool;
extern const LivectlCommand livectl_voice;
extern const LivectlCommand livectl_volume;
extern const LivectlCommand livectl_wait;
