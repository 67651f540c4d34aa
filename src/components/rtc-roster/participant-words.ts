import type { Participant } from '../../ui/room-context.ts';
import { labelQuality } from '../../ui/tile-quality.ts';
import { rosterMessages as msg } from './roster-messages.ts';

export function nameOf({ self, name }: Participant): string {
  if (self) return name === '' ? msg('youUnnamed') : msg('you', { name });
  return name || msg('guest');
}

/** What is not as it should be with somebody's connection; undefined when all is well, or nothing is known. */
export function troubleOf(participant: Participant): string | undefined {
  const { self, away, link, quality } = participant;
  if (away) return msg('away');
  if (!self && (link === 'connecting' || link === 'interrupted' || link === 'failed')) return msg(link);
  // As the tiles say it, here at the beginning of a line.
  return labelQuality(quality)?.words.replace(/^./u, (letter) => letter.toLocaleUpperCase());
}

/** What a row draws, in words. */
export function describe(participant: Participant): string {
  const { microphone, camera, screen, quality } = participant;
  const words = [msg(microphone ? 'microphoneOn' : 'microphoneOff'), msg(camera ? 'cameraOn' : 'cameraOff')];
  if (screen) words.push(msg('screen'));
  if (quality.level === 'good' && troubleOf(participant) === undefined) words.push(msg('good'));
  return words.join(', ');
}
