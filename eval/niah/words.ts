/** Keys of needles: an adjective and a noun that no text is likely to have side by side. */

const list = (words: string): readonly string[] => words.trim().split(/\s+/);

export const adjectives = list(`
  amber brave brisk calm clever copper crimson curious dapper distant eager early faint fancy frosty gentle giddy golden
  hollow humble hungry icy jolly keen lively lonely lucky mellow merry misty modern nimble noisy odd patient plain polite
  proud purple quick quiet rapid rusty salty shiny silent silver sleepy sturdy sudden swift tidy tiny velvet vivid wooden
`);

export const nouns = list(`
  acorn anchor anvil apron badger bakery balcony barrel basket beacon blanket bottle bridge bucket button cabin candle
  canyon carpet castle cellar chimney compass cottage curtain dolphin donkey drawer engine falcon feather fiddle forest
  fountain garden goblet guitar hammer harbor helmet island jacket kettle kitten ladder lantern library magnet marble
  market meadow mirror mitten monkey mountain needle orchard otter oyster paddle parrot pebble pencil pepper piano pillow
  pocket pumpkin puzzle rabbit ribbon river rocket saddle sailor scarf shovel spider sparrow station sweater tailor teapot
  temple ticket tractor trumpet tunnel turtle valley violin wagon walnut whistle willow window winter wizard
`);
