// The official SDK, unmodified, in conversation with live-simulator. Prints TAP.
// Usage: node sdk.mjs LIVE-SIMULATOR

import assert from 'node:assert/strict';

import { GoogleGenAI, Modality, StartSensitivity, Behavior } from '@google/genai';

import { Simulator } from './simulator.mjs';

const DEADLINE_MS = 60000;
const MODEL = 'gemini-3.8-live';
const simulator = await Simulator.start(process.argv[2]);

// One connection of the SDK with its messages in order, to be waited for.
class Talk {
  static async open({ model = MODEL, config = {}, client = {} } = {}) {
    const self = new Talk();
    const { httpOptions = {}, ...others } = client;
    self.messages = [];
    self.next = 0;
    self.wake = () => {};
    self.closed = new Promise((resolve) => { self.onclose = resolve; });
    const ai = new GoogleGenAI({
      apiKey: 'any-key', ...others,
      httpOptions: { baseUrl: simulator.url, ...httpOptions },
    });
    self.session = await ai.live.connect({
      model,
      config: {
        responseModalities: [Modality.AUDIO],
        inputAudioTranscription: {},
        outputAudioTranscription: {},
        ...config,
      },
      callbacks: {
        onmessage: (message) => { self.messages.push(message); self.wake(); },
        onclose: (event) => self.onclose(event),
      },
    });
    return self;
  }

  // The messages from the last one asked for up to the first that fits, which is the last of them.
  async until(fits, what) {
    const end = Date.now() + DEADLINE_MS;
    const seen = [];
    for (;;) {
      while (this.next < this.messages.length) {
        const message = this.messages[this.next++];
        seen.push(message);
        if (fits(message)) return seen;
      }
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.wake = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  turn() {
    return this.until((m) => m.serverContent?.turnComplete, 'turnComplete');
  }

  ask(text) {
    this.session.sendClientContent({ turns: text, turnComplete: true });
    return this.turn();
  }

  // In pieces of 40 ms, then a second of silence; faster than real time, which the service bears.
  say(pcm) {
    const sound = Buffer.concat([pcm, Buffer.alloc(32000)]);
    for (let at = 0; at < sound.length; at += 1280)
      this.session.sendRealtimeInput({
        audio: { data: sound.subarray(at, at + 1280).toString('base64'),
                 mimeType: 'audio/pcm;rate=16000' },
      });
  }

  async handle() {
    const seen = await this.until((m) => m.sessionResumptionUpdate?.newHandle, 'a handle');
    return seen.at(-1).sessionResumptionUpdate.newHandle;
  }

  async close() {
    this.session.close();
    await this.closed;
  }
}

const spoken = (messages) =>
  messages.map((m) => m.serverContent?.outputTranscription?.text ?? '').join('');
const heard = (messages) =>
  messages.map((m) => m.serverContent?.inputTranscription?.text ?? '').join('').trim();
const soundBytes = (messages) =>
  messages.flatMap((m) => m.serverContent?.modelTurn?.parts ?? [])
    .reduce((sum, part) => sum + Buffer.from(part.inlineData?.data ?? '', 'base64').length, 0);
const has = (messages, flag) => messages.some((m) => m.serverContent?.[flag]);

const tool = (behavior) => ({
  functionDeclarations: [{
    name: 'get_time', description: 'The time of day', ...(behavior && { behavior }),
    parametersJsonSchema: { type: 'object', properties: {}, additionalProperties: false },
  }],
});

async function answerTool(talk) {
  const seen = await talk.until((m) => m.toolCall, 'toolCall');
  const [call] = seen.at(-1).toolCall.functionCalls;
  assert.equal(call.name, 'get_time');
  talk.session.sendToolResponse({
    functionResponses: [{ id: call.id, name: call.name, response: { output: 'half past nine' } }],
  });
}

async function refused(options, words) {
  await assert.rejects(Talk.open(options), (error) => {
    assert.match(`${error.message} ${error.reason ?? ''}`, words);
    return true;
  });
}

const tests = {
  'a text turn': async () => {
    const talk = await Talk.open();
    const turn = await talk.ask('hello');
    assert.match(spoken(turn), /^Hello! I am the simulator\./);
    assert.ok(soundBytes(turn) > 24000 * 2, 'more than a second of sound');
    assert.ok(has(turn, 'generationComplete'));
    assert.ok(turn.at(-1).usageMetadata.totalTokenCount > 0);
    assert.ok(turn.at(-1).usageMetadata.responseTokensDetails
      .some((detail) => detail.modality === 'AUDIO' && detail.tokenCount > 0));
    await talk.close();
  },

  'an audio turn': async () => {
    const talk = await Talk.open();
    talk.say(simulator.speak('what do you hear'));
    const turn = await talk.turn();
    assert.match(heard(turn), /^\(\d+\.\d seconds of speech\)$/);
    assert.match(spoken(turn), /^I heard \d+\.\d seconds of speech\.$/);
    assert.ok(soundBytes(turn) > 0);
    await talk.close();
  },

  'words in an audio turn': async () => {
    const talk = await Talk.open();
    await simulator.inject({ hears: ['repeat nice weather'] });
    talk.say(simulator.speak('repeat nice weather'));
    const turn = await talk.turn();
    assert.equal(heard(turn), 'repeat nice weather');
    assert.equal(spoken(turn), 'nice weather');
    await talk.close();
  },

  'manual activity': async () => {
    const talk = await Talk.open({
      config: { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } },
    });
    talk.session.sendRealtimeInput({ activityStart: {} });
    talk.say(simulator.speak('one two three'));
    talk.session.sendRealtimeInput({ activityEnd: {} });
    assert.match(spoken(await talk.turn()), /^I heard/);
    await talk.close();
  },

  'the end of the audio stream': async () => {
    const talk = await Talk.open({
      config: { realtimeInputConfig: { automaticActivityDetection: {
        silenceDurationMs: 5000, startOfSpeechSensitivity: StartSensitivity.START_SENSITIVITY_LOW,
      } } },
    });
    talk.say(simulator.speak('one two three'));
    talk.session.sendRealtimeInput({ audioStreamEnd: true });
    assert.match(spoken(await talk.turn()), /^I heard/);
    await talk.close();
  },

  'a blocking tool call': async () => {
    const talk = await Talk.open({ config: { tools: [tool(Behavior.BLOCKING)] } });
    talk.session.sendClientContent({ turns: 'what time is it' });
    await answerTool(talk);
    assert.equal(spoken(await talk.turn()), 'The tool get_time says: half past nine.');
    await talk.close();
  },

  'a tool call that does not block': async () => {
    const talk = await Talk.open({ config: { tools: [tool()] } });
    talk.session.sendClientContent({ turns: 'what time is it' });
    await answerTool(talk);
    await talk.turn(); // the one that called, without a word
    assert.equal(spoken(await talk.turn()), 'The tool get_time says: half past nine.');
    await talk.close();
  },

  'an interruption': async () => {
    const talk = await Talk.open();
    talk.session.sendClientContent({ turns: 'tell me a story' });
    const begun = await talk.until((m) => m.serverContent?.modelTurn, 'the first sound');
    talk.say(simulator.speak('stop stop'));
    const rest = await talk.turn();
    assert.ok(has(rest, 'interrupted'));
    assert.ok(!has([...begun, ...rest], 'generationComplete'));
    assert.match(spoken(await talk.turn()), /^I heard/);
    await talk.close();
  },

  'a cancelled tool call': async () => {
    const talk = await Talk.open({ config: { tools: [tool(Behavior.BLOCKING)] } });
    talk.session.sendClientContent({ turns: 'what time is it' });
    const seen = await talk.until((m) => m.toolCall, 'toolCall');
    talk.say(simulator.speak('never mind'));
    const rest = await talk.turn();
    assert.ok(has(rest, 'interrupted'));
    assert.deepEqual(rest.find((m) => m.toolCallCancellation).toolCallCancellation.ids,
      [seen.at(-1).toolCall.functionCalls[0].id]);
    await talk.close();
  },

  'a resumption': async () => {
    const first = await Talk.open({ config: { sessionResumption: {} } });
    await first.ask('my name is Ada');
    const handle = await first.handle();
    await first.close();
    await simulator.wait({ open: 0 });
    const second = await Talk.open({ config: { sessionResumption: { handle } } });
    assert.equal(spoken(await second.ask('what is my name?')), 'Your name is Ada.');
    await second.close();
  },

  'a fresh session knows nothing': async () => {
    const talk = await Talk.open();
    assert.match(spoken(await talk.ask('what is my name?')), /not told me/);
    await talk.close();
  },

  'goAway': async () => {
    const talk = await Talk.open();
    await simulator.inject({ go_away: '50s' });
    const seen = await talk.until((m) => m.goAway, 'goAway');
    assert.equal(seen.at(-1).goAway.timeLeft, '50s');
    await talk.close();
  },

  'every other family': async () => {
    const budget = { thinkingConfig: { thinkingBudget: 0 } };
    const low = { thinkingConfig: { thinkingLevel: 'LOW' } };
    for (const [model, config] of [
      ['gemini-2.5-flash-native-audio-preview-12-2025', budget],
      ['gemini-3.1-flash-live-preview', low],
      ['gemini-3.8-live-extended-thinking', low],
    ]) {
      const talk = await Talk.open({ model, config });
      talk.session.sendRealtimeInput({ text: 'say good' });
      assert.equal(spoken(await talk.turn()), 'good', model);
      await talk.close();
    }
  },

  'text from a half-cascade model': async () => {
    const talk = await Talk.open({
      model: 'gemini-live-2.5-flash-preview',
      config: { responseModalities: [Modality.TEXT] },
    });
    const turn = await talk.ask('say good');
    assert.equal(turn.map((m) => m.text ?? '').join(''), 'good');
    await talk.close();
  },

  'Vertex': async () => {
    const talk = await Talk.open({
      model: 'gemini-live-2.5-flash-native-audio',
      client: { vertexai: true },
    });
    assert.match(talk.session.setupComplete?.sessionId ?? talk.messages[0].setupComplete.sessionId,
      /^[0-9a-f-]{36}$/);
    const turn = await talk.ask('say good');
    assert.equal(spoken(turn), 'good');
    assert.ok(turn.at(-1).usageMetadata.responseTokenCount > 0);
    await talk.close();
  },

  'every version of the API': async () => {
    for (const apiVersion of ['v1', 'v1beta', 'v1alpha']) {
      const talk = await Talk.open({ client: { httpOptions: { apiVersion } } });
      assert.equal(spoken(await talk.ask('say good')), 'good', apiVersion);
      await talk.close();
    }
  },

  'an ephemeral token': async () => {
    const talk = await Talk.open({
      client: { apiKey: 'auth_tokens/any', httpOptions: { apiVersion: 'v1alpha' } },
    });
    assert.equal(spoken(await talk.ask('say good')), 'good');
    await talk.close();
  },

  'refusals': async () => {
    await refused({ client: { apiKey: 'bad-key' } }, /API key not valid/);
    await refused({ model: 'gemini-9-live' }, /is not found for API version/);
    await refused({ config: { thinkingConfig: { thinkingLevel: 'LOW' } } }, /Thinking level/);
    await refused({ config: { sessionResumption: { handle: 'sim-unknown' } } }, /not found/);
  },

  'nothing that the simulator calls a violation': async () => {
    const { violation_list: list } = await simulator.state();
    assert.deepEqual(list.map((v) => v.code), [1007, 1008, 1007, 1008]);
  },
};

console.log(`1..${Object.keys(tests).length}`);
let number = 0;
let failed = 0;
for (const [name, run] of Object.entries(tests)) {
  number++;
  try {
    await run();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, '# '));
  }
}
const status = await simulator.stop();
if (status !== 0) console.log(`# live-simulator ended with ${status}`);
process.exit(failed > 0 || status !== 0 ? 1 : 0);
