/** The detector that ships: the tiny face detector and 68 landmarks of `@vladmandic/face-api`. */
import type { DetectedFace } from '../../../src/protocol/index.ts';
import type { DetectorFactory, Picture } from './detector.ts';
import { loadFaceApi } from './face-api.ts';

/** Below this a face is none. What the package calls its default. */
const SCORE = 0.5;

/** Pixels of the square that the network looks at: see docs/frames.md for how these were found. */
function inputSize({ width, height }: Picture): number {
  const side = Math.max(width, height);
  return side < 96 ? 224 : 320;
}

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
          box: { x: box.x / width, y: box.y / height, width: box.width / width, height: box.height / height },
          score,
          landmarks: landmarks.positions.map(({ x, y }): [number, number] => [x / width, y / height]),
        }))
        .sort((a, b) => b.score - a.score);
    } finally {
      tensor.dispose();
    }
  };
  return { detect };
};

export default createDetector;
