/** A thin shell: the worker is the line of one track, or a painter, as the first message says. The two are apart so that frames go on when a painter dies. */
import { toErrorData } from '../publisher-events.ts';
import { FrameLine } from './frame-line.ts';
import { FramePainter } from './frame-painter.ts';
import { StreamSink } from './frame-sink.ts';
import type { FromOverlayWorker, ToLine, ToPainter } from './overlay-messages.ts';

const post = (message: FromOverlayWorker): void => postMessage(message);

let line: FrameLine | null = null;
let painter: FramePainter | null = null;

addEventListener('message', ({ data }: MessageEvent<ToLine | ToPainter>) => {
  switch (data.type) {
    case 'open-line':
      line = new FrameLine(new StreamSink(data.writable, (cause) => post({ type: 'broken', error: toErrorData(cause) })), {
        painterLost: () => post({ type: 'painter-lost' }),
        inputEnded: () => post({ type: 'input-ended' }),
        troubled: (cause) => post({ type: 'troubled', error: toErrorData(cause) }),
        figures: (figures) => post({ type: 'figures', figures }),
      });
      return;
    case 'input':
      return line?.setInput(data.feed);
    case 'painter':
      return line?.setPainter(data.port);
    case 'hold':
      return line?.hold();
    case 'close-line':
      line?.close();
      return close();
    case 'open-painter':
      painter = new FramePainter(data.options, {
        needsFaces: (needed) => post({ type: 'needs-faces', needed }),
        facesFailed: () => post({ type: 'faces-failed' }),
        notice: (error) => post({ type: 'notice', error: toErrorData(error) }),
        detection: (figures) => post({ type: 'detection', figures }),
        faces: (faces) => post({ type: 'faces', faces }),
      });
      return;
    case 'overlays': {
      const { id, requests } = data;
      void painter?.setOverlays(requests).then((hides) => post({ type: 'overlays-set', id, hides }));
      return;
    }
    case 'connect':
      return painter?.connect(data.port);
    case 'landmarker':
      return painter?.setLandmarker(data.port);
  }
});

post({ type: 'ready' });
