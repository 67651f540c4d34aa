/** Words in the page's language. */
import { expect } from '@open-wc/testing';
import { addTranslations, messages, translated, watchLanguage } from '../../../src/ui/localize.ts';

const msg = messages('test', { greeting: 'Hello {name}', plain: 'Plain' });

/** Resolves when words may read otherwise. */
const nextChange = (): Promise<void> =>
  new Promise((resolve) => {
    const end = watchLanguage(() => {
      end();
      resolve();
    });
  });

describe('localisation', () => {
  const { lang } = document.documentElement;

  afterEach(() => {
    document.documentElement.lang = lang;
  });

  it('falls back to English for a language that nobody added, and for a key that is missing', () => {
    document.documentElement.lang = 'xx';
    expect(msg('greeting', { name: 'Ana' })).to.equal('Hello Ana');
    addTranslations('xx', { 'test.greeting': 'Xxxx {name}' });
    expect(msg('greeting', { name: 'Ana' })).to.equal('Xxxx Ana');
    expect(msg('plain')).to.equal('Plain');
  });

  it('prefers the words of the region, then those of the language', () => {
    document.documentElement.lang = 'yy-ZZ';
    addTranslations('yy', { 'test.greeting': 'yy {name}', 'test.plain': 'yy' });
    addTranslations('yy-zz', { 'test.plain': 'yy-ZZ' });
    expect(msg('plain')).to.equal('yy-ZZ');
    expect(msg('greeting', { name: 'Ana' })).to.equal('yy Ana');
  });

  it('tells when the page’s language has changed', async () => {
    const changed = nextChange();
    document.documentElement.lang = 'xx';
    await changed;
  });

  it('leaves a value that nobody gave as it stands', () => {
    document.documentElement.lang = 'en';
    expect(msg('greeting')).to.equal('Hello {name}');
  });

  for (const language of ['fr', 'de', 'es', 'ar']) {
    it(`loads ${language} when its first word is needed, and keeps what the page has said`, async () => {
      addTranslations(language, { 'test.plain': 'of the page' });
      document.documentElement.lang = language;
      while (translated('tile.away') === undefined) await nextChange();
      expect(translated('tile.away')).not.to.equal('Reconnecting…');
      expect(msg('plain')).to.equal('of the page');
    });
  }
});
