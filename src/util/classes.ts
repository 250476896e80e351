/** The seven expressions in the order of this project, which is alphabetical. Kaggle's CSV has another order. */
export const CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'] as const;

/** The order of the classes in fer2013.csv, and of the outputs of models that were trained on its labels. */
export const CSV_CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'] as const;

/** Synonyms of the expressions in data sets and models, in lower case. */
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

/** The index in CLASS_NAMES of an expression, by any of its names; undefined for other words. */
export function classIndex(name: string): number | undefined {
  return WORDS.get(name.trim().toLowerCase());
}

/** Height and width of a face in pixels. */
export const FACE_SIZE = 48;
