import { pageLanguage } from './localize.ts';

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A moment as people say it, in the page's language: the time of day, with the date where that is not today.
 * @param at milliseconds since 1970
 * @param now the same, for what today is
 */
export function clockText(at: number, now: number): string {
  const isToday = Math.abs(now - at) < DAY_MS && new Date(at).getDate() === new Date(now).getDate();
  return format(isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${pageLanguage()} ${options.dateStyle}`;
  const format = formats.get(key) ?? create(options);
  formats.set(key, format);
  return format;
}

function create(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(pageLanguage(), options);
  } catch {
    // The page says a language that is none (`en_US`): the browser's own then.
    return new Intl.DateTimeFormat(undefined, options);
  }
}
