/**
 * Words that people read. Each component brings its English strings. Translations are kept by language and may be incomplete: what
 * is missing falls back to English. The languages that are shipped load by themselves when a page in that language first needs a word.
 */
export type Strings = Readonly<Record<string, string>>;

const SHIPPED: Readonly<Record<string, () => Promise<{ readonly default: Strings }>>> = {
  ar: () => import('./translations/ar.ts'),
  de: () => import('./translations/de.ts'),
  es: () => import('./translations/es.ts'),
  fr: () => import('./translations/fr.ts'),
};

const translations = new Map<string, Strings>();
const asked = new Set<string>();
const watchers = new Set<() => void>();
let observer: MutationObserver | undefined;

/**
 * Adds strings of a language, or replaces single ones; what is on the page is drawn anew.
 * @param language a BCP 47 tag, for example `de` or `pt-BR`
 * @param strings by `namespace.key`, with `{name}` where a value goes
 */
export function addTranslations(language: string, strings: Strings): void {
  const tag = language.toLowerCase();
  translations.set(tag, { ...translations.get(tag), ...strings });
  changed();
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

/** The string of that name in the page's language, where there is one. */
export function translated(name: string): string | undefined {
  // Pages write en_US as well as en-US.
  const language = pageLanguage().toLowerCase().replaceAll('_', '-');
  const primary = language.split('-')[0] ?? '';
  load(primary);
  return translations.get(language)?.[name] ?? translations.get(primary)?.[name];
}

/** A BCP 47 tag: what dates and numbers are written in. */
export function pageLanguage(): string {
  return document.documentElement.lang || navigator.language;
}

/** Calls back when words may read otherwise: the page's language has changed, or translations have come. Returns what ends that. */
export function watchLanguage(callback: () => void): () => void {
  watchers.add(callback);
  if (observer === undefined) {
    observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ['lang'] });
  }
  return () => {
    watchers.delete(callback);
    if (watchers.size > 0) return;
    observer?.disconnect();
    observer = undefined;
  };
}

function load(language: string): void {
  const importStrings = Object.hasOwn(SHIPPED, language) ? SHIPPED[language] : undefined;
  if (importStrings === undefined || asked.has(language)) return;
  asked.add(language);
  importStrings().then(
    // The page's own words win over ours.
    ({ default: strings }) => addTranslations(language, { ...strings, ...translations.get(language) }),
    // English is read then.
    () => undefined,
  );
}

function changed(): void {
  for (const callback of [...watchers]) callback();
}
