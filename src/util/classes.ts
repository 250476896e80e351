/** The seven expressions of FER-2013 in the order of this project, which is alphabetical. Kaggle's CSV has another order. */
export const CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'] as const;

/** The order of the classes in fer2013.csv, and of the outputs of models that were trained on its labels. */
export const CSV_CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'] as const;

/** Words for the seven expressions and for contempt, which FER+, CK+ and AffectNet know, in lower case. */
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Angry: ['angry', 'anger'],
    Contempt: ['contempt', 'contemptuous'],
    Disgust: ['disgust', 'disgusted'],
    Fear: ['fear', 'fearful', 'afraid', 'scared'],
    Happy: ['happy', 'happiness', 'joy'],
    Neutral: ['neutral', 'neutrality'],
    Sad: ['sad', 'sadness'],
    Surprise: ['surprise', 'surprised'],
  }).flatMap(([name, words]) => words.map((word) => [word, name] as const)),
);

/** All words for expressions, in lower case. */
export const EXPRESSION_WORDS: readonly string[] = [...WORDS.keys()];

/** The name of an expression by any of its words, in any case: `Happy` for `happiness`; undefined for other words. */
export function expressionOf(word: string): string | undefined {
  return WORDS.get(word.trim().toLowerCase());
}

/** Whether two class names mean the same, e.g. `Happy` and `happiness`, or `cat` and `Cat`. */
export function sameClass(a: string, b: string): boolean {
  return classKey(a) === classKey(b);
}

/** Whether two lists name the same classes, in any order. */
export const sameClasses = (a: readonly string[], b: readonly string[]): boolean =>
  a.map(classKey).sort().join('\n') === b.map(classKey).sort().join('\n');

/** Whether these are the classes of FER-2013, in this project's order. */
export const isSeven = (classes: readonly string[]): boolean => classes.join() === CLASS_NAMES.join();

/** What class names that mean the same have in common. */
export const classKey = (name: string): string =>
  (expressionOf(name) ?? name.trim().normalize('NFC')).toLowerCase();

/** Height and width of a face in pixels. */
export const FACE_SIZE = 48;
