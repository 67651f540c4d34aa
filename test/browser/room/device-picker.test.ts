/** The lists of devices, in a room that is not there. */
import { expect } from '@open-wc/testing';
import { RtcDevicePicker } from '../../../src/components/rtc-device-picker/rtc-device-picker.ts';
import { define } from '../../../src/ui/define.ts';
import { type DeviceList, NO_DEVICES } from '../../../src/webrtc/device-choice.ts';
import { roomAround } from '../../support/room-around.ts';

define('rtc-device-picker', RtcDevicePicker);

const devices: DeviceList = {
  audioinput: [
    { deviceId: 'built-in', label: 'Built-in microphone' },
    { deviceId: 'headset', label: 'Headset (046d:0825)' },
  ],
  videoinput: [
    { deviceId: 'front', label: '' },
    { deviceId: 'back', label: '' },
  ],
  audiooutput: [
    { deviceId: '', label: '' },
    { deviceId: 'speakers', label: 'Speakers' },
  ],
  live: { audioinput: 'headset', videoinput: null, audiooutput: null },
};

async function show(list: DeviceList, attributes: { kinds?: string; dir?: string } = {}) {
  const room = await roomAround<RtcDevicePicker>('rtc-device-picker', ['rtc-device-request'], { devices: list });
  const { part: picker } = room;
  const host = picker.parentElement ?? document.body;
  host.dir = attributes.dir ?? 'ltr';
  if (attributes.kinds !== undefined) picker.setAttribute('kinds', attributes.kinds);
  await picker.updateComplete;
  return { host, room, picker };
}

const selects = (picker: RtcDevicePicker) => [...(picker.shadowRoot?.querySelectorAll('select') ?? [])];
const labels = (picker: RtcDevicePicker) =>
  [...(picker.shadowRoot?.querySelectorAll('.title') ?? [])].map((label) => label.textContent?.trim());
const shown = (picker: RtcDevicePicker) => selects(picker).map((select) => select.selectedOptions[0]?.textContent?.trim());

function choose(picker: RtcDevicePicker, index: number, value: string): void {
  const select = selects(picker)[index];
  if (select === undefined) throw new Error('no such list');
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

describe('rtc-device-picker', () => {
  it('shows what is live, and the system’s choice where nothing was chosen', async () => {
    const { picker } = await show(devices);
    expect(labels(picker)).to.deep.equal(['Microphone', 'Camera', 'Speaker']);
    expect(shown(picker)).to.deep.equal(['Headset', 'Not in use', 'System default']);
    await expect(picker).to.be.accessible();
  });

  it('numbers devices whose names are hidden', async () => {
    const { picker } = await show(devices, { kinds: 'videoinput' });
    const names = [...(selects(picker)[0]?.options ?? [])].map((option) => option.textContent?.trim());
    expect(names).to.deep.equal(['Not in use', 'Camera 1', 'Camera 2']);
  });

  it('shows only the kinds that it was told to, in their order', async () => {
    const { picker } = await show(devices, { kinds: 'audiooutput audioinput' });
    expect(labels(picker)).to.deep.equal(['Speaker', 'Microphone']);
  });

  it('falls back to all kinds where none is known, and says so', async () => {
    const { host, picker } = await show(devices, { kinds: 'audioinput' });
    const logs: string[] = [];
    host.addEventListener('rtc-log', (event) => logs.push((event as CustomEvent<{ message: string }>).detail.message));
    picker.kinds = 'loudspeaker';
    await picker.updateComplete;
    expect(selects(picker)).to.have.length(3);
    expect(logs).to.have.length(1);
  });

  it('hides kinds that cannot be chosen', async () => {
    const { picker } = await show({ ...devices, audiooutput: [] });
    expect(labels(picker)).to.deep.equal(['Microphone', 'Camera']);
  });

  it('says why there is nothing to choose from yet', async () => {
    const { picker } = await show(NO_DEVICES);
    expect(picker.shadowRoot?.textContent).to.contain('once your camera or microphone is on');
    await expect(picker).to.be.accessible();
  });

  it('asks for another device, and goes on showing the live one until it is another', async () => {
    const { room, picker } = await show(devices);
    choose(picker, 0, 'built-in');
    expect(room.asked).to.deep.equal([{ type: 'rtc-device-request', detail: { kind: 'audioinput', deviceId: 'built-in' } }]);
    expect(shown(picker)[0]).to.equal('Headset');
    await room.show({ devices: { ...devices, live: { ...devices.live, audioinput: 'built-in' } } });
    await picker.updateComplete;
    expect(shown(picker)[0]).to.equal('Built-in microphone');
  });

  it('shows the choice for a camera that is off, until one is live', async () => {
    const { room, picker } = await show(devices);
    choose(picker, 1, 'back');
    expect(shown(picker)[1]).to.equal('Camera 2');
    await room.show({ devices: { ...devices, live: { ...devices.live, videoinput: 'front' } } });
    await picker.updateComplete;
    expect(shown(picker)[1]).to.equal('Camera 1');
  });

  it('does not show a choice that the page has cancelled', async () => {
    const { host, picker } = await show(devices);
    host.addEventListener('rtc-device-request', (event) => event.preventDefault());
    choose(picker, 1, 'back');
    expect(shown(picker)[1]).to.equal('Not in use');
  });

  it('follows devices that come and go', async () => {
    const { room, picker } = await show(devices);
    const usb = { deviceId: 'usb', label: 'USB camera' };
    await room.show({ devices: { ...devices, videoinput: [...devices.videoinput, usb], live: { ...devices.live, videoinput: 'usb' } } });
    await picker.updateComplete;
    expect(shown(picker)[1]).to.equal('USB camera');
    await room.show({ devices });
    await picker.updateComplete;
    expect(selects(picker)[1]?.options).to.have.length(3);
    expect(shown(picker)[1]).to.equal('Not in use');
  });

  it('keeps the focus, and its list, when devices change', async () => {
    const { room, picker } = await show(devices);
    const [microphone] = selects(picker);
    microphone?.focus();
    await room.show({ devices: { ...devices, videoinput: [] } });
    await picker.updateComplete;
    expect(picker.shadowRoot?.activeElement).to.equal(microphone);
  });

  it('shows markup in a name as text', async () => {
    const { picker } = await show({ ...devices, audioinput: [{ deviceId: 'headset', label: '<img src=x onerror=alert(1)>' }] });
    expect(picker.shadowRoot?.querySelector('img')).to.equal(null);
    expect(shown(picker)[0]).to.equal('<img src=x onerror=alert(1)>');
  });

  for (const [width, dir] of [
    [160, 'ltr'],
    [1440, 'rtl'],
  ] as const) {
    it(`fits into ${width} px, ${dir}`, async () => {
      const { host, picker } = await show(devices, { dir });
      host.style.setProperty('display', 'block');
      host.style.setProperty('inline-size', `${width}px`);
      for (const select of selects(picker)) {
        const box = select.getBoundingClientRect();
        expect(box.width).to.be.at.most(width);
        expect(box.height).to.be.at.least(44);
      }
      await expect(picker).to.be.accessible();
    });
  }
});
