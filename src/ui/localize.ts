/**
 * Words that people read. Each component brings its English strings; translations are added by language and may be incomplete:
 * what is missing falls back to English.
 */
const translations = new Map<string, Readonly<Record<string, string>>>();

/**
 * Adds strings of a language.
 * @param language a BCP 47 tag, for example `de` or `pt-BR`
 * @param strings by `namespace.key`, with `{name}` where a value goes
 */
export function addTranslations(language: string, strings: Readonly<Record<string, string>>): void {
  const tag = language.toLowerCase();
  translations.set(tag, { ...translations.get(tag), ...strings });
}

export type Messages<Key extends string> = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

/** The strings of one part of the interface, in the page's language (`<html lang>`, else the browser's). */
export function messages<Key extends string>(namespace: string, english: Readonly<Record<Key, string>>): Messages<Key> {
  return (key, values) => fill(translated(`${namespace}.${key}`) ?? english[key], values);
}

/** Puts values in place of `{name}`. */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder));
}

/** The string of that name in the page's language, if it was added. */
export function translated(name: string): string | undefined {
  if (translations.size === 0) return undefined;
  const language = (document.documentElement.lang || navigator.language).toLowerCase();
  return translations.get(language)?.[name] ?? translations.get(language.split('-')[0] ?? '')?.[name];
}
