import { parseSource, SOURCE_HELP } from '../../vision/source_spec.js';
import { bodyClass, columns, type Rect } from '../layout.js';
import { type Actions, defineScreen } from '../screen_module.js';
import {
  changeModel,
  changeSource,
  freeze,
  mirror,
  nextFace,
  photo,
  smooth,
  startVision,
  stopVision,
  WEBCAM_OFF,
  type WebcamState,
} from '../webcam_live.js';
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

function askModel(act: Act): void {
  act.prompt({
    title: 'model',
    value: act.state.options?.weights ?? '',
    help: "e.g. runs/r1/best.safetensors, a .h5 of Keras, or a shipped network's name",
    check: (text) => (text === '' ? 'expected the name of a file' : undefined),
    submit: (text) => changeModel(act, text),
  });
}

/** Cells of the picture where they show 4:3 exactly, by the size of the terminal. */
const PICTURE_COLS = { wide: 64, standard: 48, narrow: 33 } as const;

/** Live classification of what a camera, or any other source of frames, shows. */
export const webcam = defineScreen<WebcamState>({
  name: 'webcam',
  title: 'Webcam',
  initial: WEBCAM_OFF,
  panels: [
    { id: 'picture', title: pictureTitle, flush: true, lines: pictureLines, pictures: picturePieces },
    { id: 'face', title: faceTitle, lines: faceLines, pictures: inputPicture },
  ],
  layout: (body) => {
    const kind = bodyClass(body);
    const least = PICTURE_COLS[kind === 'wide' || kind === 'standard' ? kind : 'narrow'];
    // On larger terminals the picture takes what it can use, and the figures keep what they need.
    const useful = Math.floor(((body.rows - 2) * 2 * 4) / 3);
    const cols = Math.max(least, Math.min(useful, body.cols - 3 - 32));
    const [picture, face] = columns(body, [cols, { share: 1 }]) as [Rect, Rect];
    return { picture, face };
  },
  keys: [
    {
      keys: ['space'],
      hint: 'freeze',
      help: 'Freezes the picture, or goes on',
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
      help: 'Averages what is said of a face over time, or takes every frame for itself',
      when: looking,
      run: smooth,
    },
    { keys: ['m'], hint: 'model', help: 'Takes another model', run: askModel },
    { keys: ['b'], hint: 'mirror', help: 'Mirrors the picture, or not', when: looking, run: mirror },
    {
      keys: ['p'],
      hint: 'photo',
      help: 'Writes this frame with boxes and labels to a file, and says which',
      when: looking,
      run: photo,
    },
    { keys: ['r'], hint: 'reconnect', help: 'Opens the source again, from its start', run: startVision },
    { keys: ['o'], hint: 'source', help: 'Takes another camera, file, stream, or demo', run: askSource },
    {
      keys: ['t'],
      hint: 'train',
      help: 'Goes to Train, where a model is made',
      when: ({ state }) => state.phase === 'failed',
      run: (act) => act.go('train'),
    },
  ],
  explain: () => [
    'The picture: what the camera sees, with a box around every face that was found. A Haar cascade looks for faces from the front, upright and not too small; it misses turned and tilted ones.',
    'The bars: how sure the network is of each expression, for the face in the green box (f takes the next one). They are averaged over a moment so that they do not flicker; e shows every frame for itself.',
    '"No face found" means just that, now: nothing of an earlier frame is shown.',
    'ms: how long it took to get the frame, to find faces in it, and to classify one. Frames that come while another is looked at are dropped, so what you see is never late.',
    'Nothing is recorded or sent. p writes one photo, and --record a video; both say so.',
    'Networks like these are right about two times in three, less for faces unlike their training images. They see a face, not what somebody feels.',
  ],
  summary: ({ state, ...view }) =>
    `${state.source?.name ?? 'camera'}: ${faceTitle({ state, ...view, cols: 40, rows: 1 })}`,
  open: (act) => {
    if (act.state.vision === undefined && act.state.phase === 'off') startVision(act);
  },
  close: stopVision,
});
