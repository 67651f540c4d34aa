import { pageLanguage } from './localize.ts';

/** The page's language for `Intl`, which throws at a tag that is none (`en_US`); undefined is the browser's own. */
export function pageLocale(): string | undefined {
  try {
    return Intl.getCanonicalLocales(pageLanguage())[0];
  } catch {
    return undefined;
  }
}
