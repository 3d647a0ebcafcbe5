/**
 * Notices a loss that stands at ln(classes): the network answers every image alike. It is what becomes of a
 * schedule without warm-up, and of a predictor that does not start at the identity (method: §9).
 */

const LONG = 100;
const NEAR = 0.02;
const FORGETTING = 0.9;

/**
 * A function that takes each step's loss and says, once for each time that the loss gets stuck, for how many steps
 * it has stood there.
 */
export function standsStill(classes: number): (loss: number) => number | undefined {
  const level = Math.log(classes);
  let smooth: number | undefined;
  let stood = 0;
  return (loss) => {
    smooth = smooth === undefined ? loss : FORGETTING * smooth + (1 - FORGETTING) * loss;
    stood = Math.abs(smooth - level) < NEAR * level ? stood + 1 : 0;
    return stood === LONG ? stood : undefined;
  };
}
