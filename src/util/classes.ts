/** The seven expressions in this project's order (alphabetical); the CSV of Kaggle has its own, see data/fer2013. */
export const CLASS_NAMES = ['Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise'] as const;

/** Edge of a face in pixels. */
export const FACE_SIZE = 48;
