/** A thin shell around {@link Publisher}: messages in, events out. */
import { realmTimers } from '../workers/worker-timers.ts';
import { Publisher } from './publisher.ts';
import type { FromWorker, ToWorker } from './publisher-events.ts';
import { TokenQuestions } from './token-questions.ts';
import { wallClock } from './wall-clock.ts';

const post = (message: FromWorker): void => postMessage(message);
const questions = new TokenQuestions((id) => post({ type: 'token-request', id }));
const publisher = new Publisher({ now: wallClock, timers: realmTimers, tokenProvider: () => questions.ask() }, post);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'attach':
      return publisher.attach(data.feeds);
    case 'start':
      return publisher.start(data.encoding, data.uplink);
    case 'replace':
      return publisher.replace(data.input, data.feed);
    case 'set-card':
      return publisher.setCard(data.card);
    case 'set-encoding':
      return publisher.setEncoding(data.encoding);
    case 'set-token':
      return publisher.setToken(data.token);
    case 'set-info':
      return publisher.setInfo(data.info);
    case 'token':
      return questions.answer(data.id, data.token);
    case 'no-token':
      return questions.refuse(data.id, data.message);
    case 'stop':
      void publisher.stop().then(() => post({ type: 'stopped' }));
      return;
  }
});

post({ type: 'ready' });
