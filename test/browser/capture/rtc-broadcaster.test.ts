/** The element without a server: what it shows, when it asks for the camera, and what it frees. */
import { expect, fixture, html, oneEvent } from '@open-wc/testing';
import type { RtcBroadcaster } from '../../../src/components/rtc-broadcaster/rtc-broadcaster.ts';
import '../../../src/define/broadcaster.ts';

/** Counts what is asked of the camera, and keeps what it gave. */
class CameraWatch {
  asked = 0;
  readonly streams: MediaStream[] = [];
  readonly #original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);

  constructor(answer?: () => Promise<MediaStream>) {
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      this.asked++;
      const stream = await (answer ?? (() => this.#original(constraints)))();
      this.streams.push(stream);
      return stream;
    };
  }

  get open(): number {
    return this.streams.flatMap((stream) => stream.getTracks()).filter(({ readyState }) => readyState === 'live').length;
  }

  restore(): void {
    navigator.mediaDevices.getUserMedia = this.#original;
  }
}

const part = (element: RtcBroadcaster, name: string): HTMLElement | null =>
  element.shadowRoot?.querySelector<HTMLElement>(`[part~="${name}"]`) ?? null;
const alertText = (element: RtcBroadcaster): string => element.shadowRoot?.querySelector('[role="alert"]')?.textContent ?? '';

async function state(element: RtcBroadcaster, wanted: string): Promise<void> {
  while (element.state !== wanted) await oneEvent(element, 'rtc-state');
  await element.updateComplete;
}

describe('<rtc-broadcaster>', () => {
  let camera: CameraWatch;

  beforeEach(() => {
    camera = new CameraWatch();
  });

  afterEach(() => camera.restore());

  it('says that it is off air and asks for nothing at load', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    expect(part(element, 'state')?.textContent).to.equal('Off air');
    expect(part(element, 'start-button')?.textContent).to.contain('Go live');
    expect(camera.asked).to.equal(0);
  });

  it('is accessible while off air', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    await expect(element).to.be.accessible();
  });

  it('shows the camera on a click on the preview button, and turns it off on Stop', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    part(element, 'preview-button')?.click();
    await state(element, 'preview');
    expect(part(element, 'video')).to.be.instanceOf(HTMLVideoElement);
    expect(camera.open).to.equal(2);
    await element.stop();
    expect(camera.open).to.equal(0);
    expect(element.state).to.equal('off');
  });

  it('mirrors the preview and mutes it', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    await element.preview();
    await element.updateComplete;
    const video = part(element, 'video') as HTMLVideoElement;
    expect(video.muted).to.equal(true);
    expect(getComputedStyle(video).transform).to.equal('matrix(-1, 0, 0, 1, 0, 0)');
    await element.stop();
  });

  it('turns the camera off when it is removed', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    await element.preview();
    expect(camera.open).to.equal(2);
    element.remove();
    await state(element, 'off');
    expect(camera.open).to.equal(0);
  });

  it('keeps the camera when it is moved', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    await element.preview();
    const elsewhere = await fixture<HTMLElement>(html`<section></section>`);
    elsewhere.append(element);
    // An element that was removed is torn down two frames later.
    for (let frame = 0; frame < 4; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(element.state).to.equal('preview');
    expect(camera.open).to.equal(2);
    await element.stop();
  });

  it('turns off a camera that is granted after its removal', async () => {
    camera.restore();
    const asked = Promise.withResolvers<void>();
    const grant = Promise.withResolvers<MediaStream>();
    camera = new CameraWatch(() => {
      asked.resolve();
      return grant.promise;
    });
    const late = new MediaStream(document.createElement('canvas').captureStream(1).getTracks());
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    const previewing = element.preview().then(
      () => 'opened',
      (error: { code: string }) => error.code,
    );
    await asked.promise;
    element.remove();
    await state(element, 'off');
    grant.resolve(late);
    expect(await previewing).to.equal('aborted');
    expect(camera.open).to.equal(0);
  });

  it('says what to do when the camera is refused', async () => {
    camera.restore();
    camera = new CameraWatch(() => Promise.reject(new DOMException('Permission denied', 'NotAllowedError')));
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    const failed = oneEvent(element, 'rtc-error');
    const code = await element.start().catch((error: { code: string }) => error.code);
    expect(code).to.equal('permission-denied');
    expect((await failed).detail.code).to.equal('permission-denied');
    await element.updateComplete;
    expect(alertText(element)).to.contain('Allow them in the address bar');
    expect(element.state).to.equal('error');
    expect(part(element, 'start-button')?.textContent).to.contain('Go live');
  });

  it('goes on without sound where there is no microphone, and says so', async () => {
    camera.restore();
    const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) =>
      constraints?.audio ? Promise.reject(new DOMException('Requested device not found', 'NotFoundError')) : original(constraints);
    try {
      const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
      const logged = oneEvent(element, 'rtc-log');
      await element.preview();
      expect((await logged).detail.message).to.contain('without sound');
      expect(element.state).to.equal('preview');
      await element.stop();
    } finally {
      navigator.mediaDevices.getUserMedia = original;
    }
  });

  it('asks for a name before it asks for the camera', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster></rtc-broadcaster>`);
    const failed = oneEvent(element, 'rtc-error');
    part(element, 'start-button')?.click();
    expect((await failed).detail.code).to.equal('invalid');
    await element.updateComplete;
    expect(alertText(element)).to.contain('stream');
    expect(camera.asked).to.equal(0);
  });

  it('refuses a name that is none', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="Not A Name"></rtc-broadcaster>`);
    const code = await element.start().catch((error: { code: string }) => error.code);
    expect(code).to.equal('invalid');
    await element.updateComplete;
    expect(alertText(element)).to.contain('Not A Name');
  });

  it('says so when no server answers, and gives the camera back', async () => {
    // A port that nothing listens on.
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch" server="http://127.0.0.1:1"></rtc-broadcaster>`);
    const code = await element.start().catch((error: { code: string }) => error.code);
    expect(code).to.equal('network');
    await element.updateComplete;
    expect(alertText(element)).to.not.equal('');
    expect(camera.open).to.equal(0);
  });

  it('ends a start that is stopped meanwhile as aborted, and can start again', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch" server="http://127.0.0.1:1"></rtc-broadcaster>`);
    const starting = element.start().catch((error: { code: string }) => error.code);
    await element.stop();
    expect(await starting).to.equal('aborted');
    expect(element.state).to.equal('off');
    await element.preview();
    expect(element.state).to.equal('preview');
    await element.stop();
    expect(camera.open).to.equal(0);
  });

  it('warns once of an unknown transport and goes on', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch" transport="pigeon"></rtc-broadcaster>`);
    const warnings: string[] = [];
    element.addEventListener('rtc-log', (event) => warnings.push((event as CustomEvent<{ message: string }>).detail.message));
    await element.preview();
    await element.stop();
    await element.preview();
    await element.stop();
    expect(warnings.filter((text) => text.includes('pigeon'))).to.have.length(1);
  });

  it('brings the camera of the preview to the size that a start wants', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch" server="http://127.0.0.1:1"></rtc-broadcaster>`);
    await element.preview();
    const [track] = camera.streams[0]?.getVideoTracks() ?? [];
    expect(track?.getSettings().width).to.equal(1280);
    element.captureWidth = 320;
    element.captureHeight = 240;
    const starting = element.start().catch((error: { code: string }) => error.code);
    await state(element, 'connecting');
    expect(track?.getSettings().width).to.equal(320);
    expect(await starting).to.equal('network');
    expect(camera.open).to.equal(0);
  });

  it('keeps the focus on its one button, whatever that does now', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch" server="http://127.0.0.1:1"></rtc-broadcaster>`);
    const button = part(element, 'start-button');
    button?.focus();
    button?.click();
    await state(element, 'connecting');
    expect(button?.textContent).to.contain('Cancel');
    expect(element.shadowRoot?.activeElement).to.equal(button);
    button?.click();
    await state(element, 'off');
    expect(element.shadowRoot?.activeElement).to.equal(button);
    expect(button?.textContent).to.contain('Go live');
  });

  it('hands the focus on when the button that had it goes', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    part(element, 'preview-button')?.focus();
    part(element, 'preview-button')?.click();
    await state(element, 'preview');
    expect(element.shadowRoot?.activeElement).to.equal(part(element, 'start-button'));
    await element.stop();
  });

  it('says politely where it stands', async () => {
    const element = await fixture<RtcBroadcaster>(html`<rtc-broadcaster stream="launch"></rtc-broadcaster>`);
    const status = element.shadowRoot?.querySelector('[role="status"]');
    await element.preview();
    await element.updateComplete;
    expect(status?.textContent).to.equal('Preview, off air');
    expect(status?.getAttribute('aria-live')).to.equal('polite');
    await element.stop();
  });

  it('lays nothing over anything at 160 px, and leaves room for a finger', async () => {
    const frame = await fixture<HTMLElement>(html`<div><rtc-broadcaster stream="launch"></rtc-broadcaster></div>`);
    frame.style.inlineSize = '160px';
    const element = frame.querySelector('rtc-broadcaster');
    await element?.updateComplete;
    const boxes = ['state', 'preview-button', 'start-button'].map((name) =>
      element === null ? undefined : part(element, name)?.getBoundingClientRect(),
    );
    for (const [index, box] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        if (box === undefined || other === undefined) throw new Error('a part is missing');
        const apart = box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
        expect(apart, JSON.stringify([box, other])).to.equal(true);
      }
    }
    for (const box of boxes.slice(1)) {
      expect(box?.height).to.be.at.least(24);
      expect(box?.width).to.be.at.least(24);
    }
  });

  for (const width of [160, 390, 1280]) {
    it(`fits into ${width} px`, async () => {
      const frame = await fixture<HTMLElement>(html`<div><rtc-broadcaster stream="launch"></rtc-broadcaster></div>`);
      frame.style.inlineSize = `${width}px`;
      const element = frame.querySelector('rtc-broadcaster');
      await element?.preview();
      await element?.updateComplete;
      for (const name of ['card', 'start-button', 'video', 'state']) {
        const box = element === null ? null : part(element, name)?.getBoundingClientRect();
        expect(box?.right ?? Number.POSITIVE_INFINITY, name).to.be.at.most((frame.getBoundingClientRect().right ?? 0) + 0.5);
      }
      await element?.stop();
    });
  }
});
