import { isName, LIMITS, LOBBY_TOPIC } from '../../../src/protocol/index.ts';
import type { ChannelFamily } from './channel.ts';

export type Families = ReadonlyMap<string, ChannelFamily>;

export interface Route {
  readonly family: ChannelFamily;
  /** The part behind the first colon; empty for the lobby. */
  readonly name: string;
  readonly nameIsValid: boolean;
}

export function familiesOf(list: readonly ChannelFamily[]): Families {
  return new Map(list.map((family) => [family.family, family]));
}

/** The family that a topic belongs to; undefined for a topic that nothing serves. */
export function routeTopic(families: Families, topic: string): Route | undefined {
  const colon = topic.indexOf(':');
  const family = families.get(colon < 0 ? topic : topic.slice(0, colon));
  if (family === undefined || colon < 0 !== (family.family === LOBBY_TOPIC)) return undefined;
  const name = colon < 0 ? '' : topic.slice(colon + 1);
  return { family, name, nameIsValid: colon < 0 || isName(name) };
}

/** Two references (null, number or a string without escapes), then the topic: enough to know a frame's family without parsing it. */
const HEAD = /^\s*\[\s*(?:null|-?\d{1,20}|"[^"\\]{0,64}")\s*,\s*(?:null|-?\d{1,20}|"[^"\\]{0,64}")\s*,\s*"([^"\\]{1,128})"\s*,/;

/** How many bytes a text frame may have, judged by the topic that its beginning names. */
export function textLimit(families: Families, text: string): number {
  const topic = HEAD.exec(text.slice(0, 512))?.[1];
  const route = topic === undefined ? undefined : routeTopic(families, topic);
  return route?.family.maxTextBytes ?? LIMITS.textFrameBytes;
}
