// Starts live-simulator, talks to its control channel and makes sound files with its voice.

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const WAV_HEADER_BYTES = 44;

export class Simulator {
  static async start(program, ...options) {
    const self = new Simulator();
    self.program = program;
    self.child = spawn(program, ['--speed', '20', ...options],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    process.on('exit', () => self.child.kill('SIGTERM'));
    const lines = createInterface({ input: self.child.stdout });
    const line = await new Promise((resolve, reject) => {
      lines.once('line', resolve);
      self.child.once('error', reject);
      self.child.once('exit', (code) => reject(new Error(`live-simulator ended: ${code}`)));
    });
    const found = /^listening on ws:\/\/127\.0\.0\.1:(\d+)$/.exec(line);
    if (!found) throw new Error(`unexpected first line: ${line}`);
    self.url = `http://127.0.0.1:${found[1]}`;
    return self;
  }

  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }

  async state() {
    return (await fetch(`${this.url}/simulator/state`)).json();
  }

  async wait(counters) {
    const answer = await fetch(`${this.url}/simulator/wait?${new URLSearchParams(counters)}`);
    if (!answer.ok) throw new Error(`waited in vain for ${JSON.stringify(counters)}`);
    return answer.json();
  }

  async inject(...actions) {
    const answer = await fetch(`${this.url}/simulator/inject`,
      { method: 'POST', body: JSON.stringify(actions) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  // 16 kHz mono PCM of the words, as a Buffer.
  speak(words) {
    const folder = mkdtempSync(join(tmpdir(), 'lived-sdk-'));
    const file = join(folder, 'words.wav');
    try {
      execFileSync(this.program, ['--speak', words, '--output', file]);
      return readFileSync(file).subarray(WAV_HEADER_BYTES);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}
