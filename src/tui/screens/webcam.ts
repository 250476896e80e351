import { existsSync } from 'node:fs';
import { weightsPath } from '../../train/shipped_models.js';
import { parseSource, SOURCE_HELP } from '../../vision/source_spec.js';
import { bodyClass, columns, type Rect } from '../layout.js';
import { type Actions, defineScreen } from '../screen_module.js';
import {
  changeModel,
  changeSource,
  freeze,
  heat,
  mirror,
  nextFace,
  photo,
  smooth,
  startVision,
  stopVision,
  WEBCAM_OFF,
  type WebcamState,
} from '../webcam_live.js';
import { askForWeights } from '../weight_files.js';
import {
  faceLines,
  faceTitle,
  inputPicture,
  pictureLines,
  picturePieces,
  pictureTitle,
} from './webcam_panels.js';

type Act = Actions<WebcamState>;

const looking = ({ state }: Act): boolean => state.phase === 'live';

function askSource(act: Act): void {
  act.prompt({
    title: 'source',
    value: '',
    paths: true,
    help: SOURCE_HELP,
    check: (text) => {
      try {
        parseSource(text);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    submit: (text) => changeSource(act, text),
  });
}

/** Asks for several models that vote. If one of them does not exist, the camera continues with the old ones. */
function askVoters(act: Act): void {
  const names = (text: string): string[] => text.split(' + ').map((name) => name.trim());
  const whyNot = (name: string): string | undefined => {
    try {
      return existsSync(weightsPath(name)) ? undefined : `${name || 'empty'}: not found`;
    } catch (error) {
      return (error as Error).message; // it suggests similar names
    }
  };
  act.prompt({
    title: 'models that vote',
    value: act.state.options?.weights?.join(' + ') ?? '',
    history: 'voters',
    help: 'e.g. fer-vgg + runs/r1/best.safetensors: files, or names of networks that come with fer-tui',
    check: (text) => names(text).map(whyNot).find(Boolean),
    submit: (text) => changeModel(act, names(text)),
  });
}

/** Width of the picture in cells, for each size of terminal. These widths show 4:3 without blank cells. */
const PICTURE_COLS = { wide: 64, standard: 48, narrow: 33 } as const;

/** The Webcam screen: live classification of the faces from a camera or another source. */
export const webcam = defineScreen<WebcamState>({
  name: 'webcam',
  title: 'Webcam',
  remembers: ['mirror', 'smoothed'],
  initial: WEBCAM_OFF,
  panels: [
    { id: 'picture', title: pictureTitle, flush: true, lines: pictureLines, pictures: picturePieces },
    { id: 'face', title: faceTitle, lines: faceLines, pictures: inputPicture },
  ],
  layout: (body) => {
    const kind = bodyClass(body);
    const least = PICTURE_COLS[kind === 'wide' || kind === 'standard' ? kind : 'narrow'];
    // On larger terminals, the picture grows as far as its height allows, but leaves the figures enough room.
    const useful = Math.floor(((body.rows - 2) * 2 * 4) / 3);
    const cols = Math.max(least, Math.min(useful, body.cols - 3 - 32));
    const [picture, face] = columns(body, [cols, { share: 1 }]) as [Rect, Rect];
    return { picture, face };
  },
  keys: [
    {
      keys: ['space'],
      hint: 'freeze',
      help: 'Freezes the picture, or continues',
      when: looking,
      run: freeze,
    },
    {
      keys: ['f'],
      hint: 'next face',
      help: 'Shows the bars of the next face, from left to right',
      when: ({ state }) => (state.frame?.faces.length ?? 0) > 1,
      run: nextFace,
    },
    {
      keys: ['e'],
      hint: 'smoothing',
      help: 'Turns the averaging of predictions over time on or off',
      when: looking,
      run: smooth,
    },
    {
      keys: ['h'],
      hint: 'heat',
      help: 'Shows on every face where the model finds the evidence for its answer (Grad-CAM), and the time that takes',
      when: looking,
      run: heat,
    },
    {
      keys: ['m'],
      hint: 'model',
      help: 'Chooses another model',
      run: (act) => askForWeights(act, (path) => changeModel(act, [path])),
    },
    { keys: ['M'], help: 'Chooses several models that vote', run: askVoters },
    { keys: ['b'], hint: 'mirror', help: 'Turns mirroring on or off', when: looking, run: mirror },
    {
      keys: ['p'],
      hint: 'photo',
      help: 'Saves this frame with boxes and labels to a file, and shows its name',
      when: looking,
      run: photo,
    },
    { keys: ['r'], hint: 'reconnect', help: 'Opens the source again, from its start', run: startVision },
    { keys: ['o'], hint: 'source', help: 'Opens another camera, file, stream, or the demo', run: askSource },
    {
      keys: ['t'],
      hint: 'train',
      help: 'Goes to Train, to train a model',
      when: ({ state }) => state.phase === 'failed',
      run: (act) => act.go('train'),
    },
  ],
  explain: () => [
    'The picture: what the camera sees, with a box around every detected face. A Haar cascade detects upright frontal faces that are not too small; it misses turned and tilted ones.',
    'The bars: the probability of each expression for the face in the green box (f selects the next one). They are averaged over a short time so that they do not flicker; e turns this off.',
    '"No face found" is about the current frame: nothing of an earlier frame is shown.',
    'ms: the time to read the frame, to detect its faces, and to classify them. Frames that the classifier has no time for are dropped, so the picture is never delayed.',
    'h covers every face, as the model sees it, with Grad-CAM: the brighter a place, the more it raises the score of the answer. It shows where, not what, and is as coarse as the last convolution. Its time is below the others. Photos and videos do not show it.',
    'Nothing is recorded or sent. p saves a photo, and --record a video; the screen shows when they do.',
    'Networks like these are right about two times in three, and less often for faces unlike their training images. They see an expression, not what a person feels.',
  ],
  summary: ({ state, ...view }) =>
    `${state.source?.name ?? 'camera'}: ${faceTitle({ state, ...view, cols: 40, rows: 1 })}`,
  open: (act) => {
    if (act.state.vision === undefined && act.state.phase === 'off') startVision(act);
  },
  close: stopVision,
});
