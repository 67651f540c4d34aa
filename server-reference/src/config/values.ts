/** How the text of a flag or variable becomes a value. Each reader throws an Error that says what it wants instead. */
import { CAPABILITIES, type Capability } from '../../../src/protocol/index.ts';
import { LOG_LEVELS, type LogLevel } from '../telemetry/log.ts';

export type ReadValue<T> = (text: string) => T;

export function integer(min: number, max: number): ReadValue<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text.trim()) || value < min || value > max) throw new Error(`give a whole number from ${min} to ${max}`);
    return value;
  };
}

export const port = integer(0, 65_535);

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `200ms`, `2s`, `1.5h`; the value is in milliseconds. */
export function duration(min: number, max: number): ReadValue<number> {
  return (text) => {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
    const value = Number(amount) * (UNITS[unit] ?? Number.NaN);
    if (!(value >= min && value <= max))
      throw new Error(`give a duration with its unit, such as 200ms, 2s or 2h, from ${min}ms to ${max / 1000}s`);
    return value;
  };
}

/** `20M`, `800k`, `64000`; the value is in bits a second. */
export function bitrate(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text.trim()) ?? [];
  const value = Number(amount) * (unit === 'M' ? 1_000_000 : unit === 'k' ? 1000 : 1);
  if (!(value >= 16_000 && value <= 1_000_000_000)) throw new Error('give bits a second, such as 800k or 20M, from 16k to 1000M');
  return value;
}

const SIZES: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** `500M`, `20G`, `1T`; the value is in bytes. */
export function bytes(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]?)$/.exec(text.trim()) ?? [];
  const value = Number(amount) * (SIZES[unit] ?? Number.NaN);
  if (!Number.isFinite(value)) throw new Error('give bytes, such as 500M or 20G');
  return value;
}

/** `720,480,240`, or none; shorter sides in pixels, the greatest first. */
export function ladder(value: string): number[] {
  const heights = [...new Set(list(value).map(Number))];
  if (heights.length > 6 || heights.some((height) => !Number.isInteger(height) || height < 96 || height > 2160 || height % 2 === 1))
    throw new Error('give up to six heights, even and from 96 to 2160, such as 720,480,240, or none');
  return heights.sort((a, b) => b - a);
}

export function boolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new Error('give true or false');
}

export function text(value: string): string {
  if (value.trim() === '') throw new Error('give a value');
  return value;
}

export function httpUrl(value: string): URL {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('give a whole URL, such as https://live.example.org');
  return url;
}

/** `https://…` or `s3://bucket/prefix`. */
export function mirrorUrl(value: string): URL {
  const url = URL.parse(value);
  if (url === null || !/^(?:https?|s3):$/.test(url.protocol) || url.hostname === '' || url.search !== '')
    throw new Error('give a URL such as https://cdn.example.org/live/ or s3://bucket/prefix');
  if (![url.username, url.password].every(isPercentEncoded)) throw new Error('write % as %25 in the name and the password of a URL');
  return url;
}

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    // A % that stands for itself.
    return false;
  }
}

/** An origin, where nothing but a host may follow the scheme. */
export function publicUrl(value: string): URL {
  const url = httpUrl(value);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new Error('give scheme and host alone, such as https://live.example.org');
  return url;
}

export function capabilities(value: string): Capability[] {
  const names = list(value);
  const unknown = names.find((name) => !(CAPABILITIES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not a permission; choose from ${CAPABILITIES.join(', ')}, or none`);
  return names as Capability[];
}

/** `--public none` and `--origins none` are empty lists. */
function list(value: string): string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 1 && names[0] === 'none' ? [] : names;
}

export function origins(value: string): string[] {
  return list(value).map((origin) => {
    if (origin === '*' || origin === 'loopback' || origin === 'null') return origin;
    const url = URL.parse(origin);
    if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
      throw new Error(`"${origin}" is not an origin; give scheme and host, such as https://www.example.org, or loopback, or *`);
    }
    return url.origin;
  });
}

export function logLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === value);
  if (level === undefined) throw new Error(`choose from ${LOG_LEVELS.join(', ')}`);
  return level;
}

export function turnUrl(value: string): string {
  if (!/^turns?:[^\s/]+$/.test(value)) throw new Error('give a TURN URL, such as turn:turn.example.org:3478');
  return value;
}
