/** The seven expressions in this project's order (alphabetical); the CSV of Kaggle has its own, see data/fer2013. */
export const CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'] as const;

/** The order of the classes in fer2013.csv, which models trained on the file itself have. */
export const CSV_CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'] as const;

/** Other words for the expressions, in lower case, as data sets and models have them. */
const WORDS: ReadonlyMap<string, number> = new Map(
  [
    ['angry', 'anger'],
    ['disgust', 'disgusted'],
    ['fear', 'fearful', 'afraid', 'scared'],
    ['happy', 'happiness', 'joy'],
    ['neutral', 'neutrality'],
    ['sad', 'sadness'],
    ['surprise', 'surprised'],
  ].flatMap((names, label) => names.map((name) => [name, label] as const)),
);

/** The place in CLASS_NAMES of an expression under any of its names; undefined for what is none. */
export function classIndex(name: string): number | undefined {
  return WORDS.get(name.trim().toLowerCase());
}

/** Edge of a face in pixels. */
export const FACE_SIZE = 48;
