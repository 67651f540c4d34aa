/** The detector that ships: the tiny face detector and 68 landmarks of `@vladmandic/face-api`. */
import type { DetectedFace } from '../../../src/protocol/index.ts';
import type { DetectorFactory, Picture } from './detector.ts';
import { loadFaceApi } from './face-api.ts';

/** Below this a face is none. What the package calls its default. */
const SCORE = 0.5;

/**
 * Pixels of the square that the network looks at. More of them find smaller faces, and cost time: 256 take 20 ms, 320 take 27 and 416 take 42. A small
 * picture that is blown up shows it nothing more. docs/frames.md has the figures that these were chosen by.
 */
function inputSize({ width, height }: Picture): number {
  const side = Math.max(width, height);
  if (side <= 128) return 256;
  return side <= 320 ? 320 : 416;
}

/** A ten thousandth of the picture is less than a pixel of any that is looked at; more digits would be half of the answer. */
const share = (pixels: number, of: number): number => Math.round((pixels / of) * 10_000) / 10_000;

const createDetector: DetectorFactory = async () => {
  const { tf, faceApi } = await loadFaceApi();
  const detect = async (picture: Picture): Promise<DetectedFace[]> => {
    const { width, height, data } = picture;
    const options = new faceApi.TinyFaceDetectorOptions({ inputSize: inputSize(picture), scoreThreshold: SCORE });
    const tensor = tf.tensor3d(data, [height, width, 3], 'int32');
    try {
      const found = await faceApi.detectAllFaces(tensor, options).withFaceLandmarks();
      return found
        .map(({ detection: { box, score }, landmarks }) => ({
          box: {
            x: share(box.x, width),
            y: share(box.y, height),
            width: share(box.width, width),
            height: share(box.height, height),
          },
          score: share(score, 1),
          landmarks: landmarks.positions.map(({ x, y }): [number, number] => [share(x, width), share(y, height)]),
        }))
        .sort((a, b) => b.score - a.score);
    } finally {
      tensor.dispose();
    }
  };
  return { detect };
};

export default createDetector;
