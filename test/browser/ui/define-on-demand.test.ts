import { expect } from '@open-wc/testing';
import { defineOnDemand } from '../../../src/ui/define-on-demand.ts';

describe('what defines elements on demand', () => {
  let asked: string[];
  let end: () => void;
  const { MutationObserver: RealObserver } = globalThis;

  const put = (markup: string): Promise<unknown> => {
    const place = document.createElement('div');
    place.className = 'place';
    place.innerHTML = markup;
    document.body.append(place);
    // Whoever observes hears of it in a microtask, and answers in others.
    return new Promise((resolve) => setTimeout(resolve));
  };

  beforeEach(() => {
    asked = [];
    end = () => undefined;
  });

  afterEach(() => {
    end();
    globalThis.MutationObserver = RealObserver;
    for (const place of document.querySelectorAll('.place')) place.remove();
  });

  it('is loaded with the first of its kind, wherever in the document, and once', async () => {
    await put('<p><x-early></x-early></p>');
    const load = (name: string) => async () => asked.push(name);
    end = defineOnDemand({ 'x-early': load('early'), 'x-late': load('late') });
    expect(asked).to.deep.equal(['early']);
    await put('<p><x-late></x-late><x-early></x-early></p>');
    await put('<x-late></x-late>');
    expect(asked).to.deep.equal(['early', 'late']);
  });

  it('is asked for again with the next element where it could not be loaded, and nothing is watched once all is there', async () => {
    let isOver = false;
    globalThis.MutationObserver = class extends RealObserver {
      override disconnect(): void {
        isOver = true;
        super.disconnect();
      }
    };
    let isOnline = false;
    end = defineOnDemand({
      'x-lost': async () => {
        asked.push('lost');
        if (!isOnline) throw new Error('offline');
      },
    });
    await put('<x-lost></x-lost>');
    expect(isOver).to.equal(false);
    isOnline = true;
    await put('<x-lost></x-lost>');
    expect(asked).to.deep.equal(['lost', 'lost']);
    expect(isOver).to.equal(true);
  });
});
