import { pageLocale } from './page-locale.ts';

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A moment as people say it, in the page's language: the time of day, with the date where that is not today.
 * @param at milliseconds since 1970
 * @param now the same, for what today is
 */
export function clockText(at: number, now: number): string {
  const isToday = Math.abs(now - at) < DAY_MS && new Date(at).getDate() === new Date(now).getDate();
  return formatOf(isToday ? undefined : 'medium').format(at);
}

/** Making one takes longer than all else about a message. */
function formatOf(dateStyle: 'medium' | undefined): Intl.DateTimeFormat {
  const locale = pageLocale();
  const key = `${locale} ${dateStyle}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { dateStyle, timeStyle: 'short' });
  formats.set(key, format);
  return format;
}
