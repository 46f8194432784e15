"""The words that are understood: colours, parts, marks, shapes and qualities, each with the words that mean the same.

Taken from what people wrote under pictures of birds, misspellings aside; `words` puts them together.
"""

COLOUR_WORDS = ("black", "white", "grey", "brown", "tan", "yellow", "orange", "red", "blue", "green", "pink", "purple")
BODY_PARTS = ("body", "head", "throat", "nape", "belly", "back", "wing", "tail", "bill", "eye", "leg")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _meanings(table: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in (meaning, *words.split())}


_COLOURS = {
    "black": "blackish ebony jet onyx sooty inky raven coal",
    "white": "whitish ivory snowy snow offwhite pearl alabaster chalk milky",
    "grey": "gray greyish grayish silver silvery slate ash ashy ashen charcoal lead smoky pewter grizzled",
    "brown": "brownish browns chestnut rufous cinnamon copper coppery bronze bronzed chocolate auburn russet rust "
    "rusty mahogany umber sienna coffee hazel sepia",
    "tan": "beige buff buffy cream creamy khaki sandy sand taupe blond blonde tannish fawn ochre wheat ecru straw",
    "yellow": "yellowish gold golden lemon mustard saffron canary amberish sulphur sulfur",
    "orange": "orangish orangey amber peach peachy tangerine apricot coral pumpkin",
    "red": "reddish reds crimson scarlet maroon burgundy ruddy ruby vermilion vermillion cherry blood wine",
    "blue": "bluish blues navy azure indigo turquoise teal aqua cyan cobalt cerulean sapphire sky royal",
    "green": "greenish greens olive lime emerald mint moss mossy jade verdant",
    "pink": "pinkish rose rosy salmon magenta fuchsia",
    "purple": "purplish violet lavender mauve lilac plum amethyst",
}
_PARTS = {
    "body": "bird birds body bodied feathers feather feathered plumage coloring colouring coloration colouration "
    "torso coat fur fowl overall birdie all",
    "head": "heads headed crown crowned crowns cap capped forehead face faced cheek cheeks crest crested mohawk tuft "
    "tufted hood hooded superciliary eyebrow eyebrows brow brows malar mask masked cheekpatch lore lores hair",
    "throat": "throated neck necked chin",
    "nape": "naped napes",
    "belly": "bellied bellies breast breasts breasted chest chested abdomen stomach underbelly underside undersides "
    "underparts vent flank flanks side sides tummy front",
    "back": "backs backed backside upperparts rump mantle",
    "wing": "wings winged wingbar wingbars wingtip wingtips secondaries secondary primaries primary coverts covert "
    "wingspan wingfeathers",
    "tail": "tails tailed rectrices rectrice retrices retrice undertail uppertail tailfeathers",
    "bill": "bills billed beak beaks beaked beck",
    "eye": "eyes eyed eyering eyerings iris pupil pupils",
    "leg": "legs legged feet foot footed tarsus tarsals tarsal tarsi tarsuses thigh thighs claws claw talons talon "
    "toes",
}
ACCENTS = _words(
    "wingbar wingbars wingtip wingtips superciliary eyebrow eyebrows brow brows malar mask masked cheek cheeks "
    "cheekpatch eyering eyerings lore lores"
)
"""Names of parts that are only a mark on a part."""

MARKS = {
    "striped": "stripe stripes stripped striping strip strips streak streaks streaked streaking lines line barred "
    "pinstriped bands",
    "spotted": "spot spots dots dotted dot polka",
    "speckled": "speckle speckles speckling specks flecks flecked fleck mottled mottling checkered freckled dappled",
    "barred": "bar bars band banded",
    "patched": "patch patches patchy marking markings accents accent accented highlights highlight hints hint tint "
    "tinge tinged touch touches bit splash area areas",
    "ringed": "ring rings circle collar collared",
    "tipped": "tip tips edges edged edging",
}
_SHAPES = {
    "long": "longer elongated lengthy extended",
    "short": "shorter stubby stumpy stout blunt",
    "small": "tiny little petite smaller mini miniature",
    "large": "big larger bigger huge oversized massive giant enormous",
    "pointed": "pointy sharp spiked needle pointing triangular conical",
    "curved": "hooked curves curve curving downward downwards downturned bent",
    "thick": "fat wide broad heavy strong rounded round bulky",
    "thin": "narrow skinny slender slim sleek fine",
    "flat": "flattened",
}
SHAPED = {
    "bill": ("long", "short", "small", "large", "pointed", "curved", "thick", "thin", "flat"),
    "throat": ("long", "short", "thick", "thin"),
    "tail": ("long", "short", "pointed", "thin", "thick"),
    "leg": ("long", "short", "thin", "small", "large"),
    "head": ("small", "large", "pointed"),
    "wing": ("long", "short", "large", "small"),
    "body": ("small", "large", "thick", "thin", "long"),
}
"""Shapes that captions give to parts often enough to be learnt."""

QUALITIES = {
    "bright": "brightly vivid vibrant brilliant striking vibrantly",
    "dark": "darker deep dull muted darkish",
    "light": "lighter pale paler faded fading soft",
    "colourful": "colorful multicolored multicoloured multi variety various",
    "shiny": "iridescent glossy metallic shimmering sheen shining",
    "fluffy": "puffy fuzzy ruffled downy scruffy",
    "plump": "round rotund chubby stocky squat pudgy",
    "medium": "average",
    "crest": "crested mohawk tuft tufted spiky",
    "eyering": "eyerings",
    "eyebrow": "superciliary eyebrows brow brows",
    "cheek": "cheeks cheekpatch malar",
    "mask": "masked",
    "wingbar": "wingbars",
    "webbed": "web webs",
    "water": "swimming swim swims aquatic floating floats lake pond sea ocean waterfowl waterbird wading river",
    "flying": "flight flies fly soaring spread wingspan hovering",
    "branch": "perched perching perch twig sitting sits tree limb",
    "standing": "stands ground walking grass",
    "duck": "ducks mallard",
    "gull": "gulls seagull",
    "woodpecker": "woodpeckers pecking",
    "hummingbird": "hummingbirds",
    "sparrow": "sparrows finch finches",
    "solid": "completely entirely solidly pure",
    "fish": "fishes",
}

SPECIES = {
    "cardinal": "red bird with a red crest, a black mask and a short orange bill",
    "crow": "large black bird with a black bill",
    "raven": "large black bird with a thick black bill",
    "blackbird": "black bird with an orange bill",
    "bluebird": "small blue bird with an orange breast and a white belly",
    "jay": "blue bird with a white belly, a blue crest and a black bill",
    "goldfinch": "small yellow bird with black wings, a black crown and an orange bill",
    "canary": "small yellow bird with yellow wings",
    "robin": "brown bird with an orange breast and a short bill",
    "swan": "large white swimming bird with a long neck and an orange bill",
    "flamingo": "large pink bird with a long neck and long legs",
    "pelican": "large white swimming bird with a very long orange bill",
    "dove": "white bird with a small head",
    "pigeon": "grey bird with a small head and pink feet",
    "parrot": "green bird with a curved red bill",
    "oriole": "orange bird with a black head and black wings",
    "puffin": "black bird with a white belly, a large orange bill and orange feet",
    "kingfisher": "blue bird with a large blue crest, a long pointed bill and a white belly",
}
"""Birds that people ask for by name, in words that the network has learnt."""

SILENT = _words(
    "facing wearing wears turned "
    "a an the this that these those it its it's his her their he she they is are was were be been being has have had "
    "having with and or of in on at by for to from as but while which who whose where when there here also very quite "
    "rather really mostly mainly primarily predominantly predominately largely slightly somewhat fairly extremely "
    "relatively just so some any each both one two color colors colour colours colored coloured shade shades hue hues "
    "tone tones toned tinted size sized shape shaped length around over under above below near along across through "
    "between into onto out up down off then than like more most less much many few rest part parts other others same "
    "covered covering throughout except picture photo image drawing drawn painting show shows draw paint please make "
    "me i want would we you my feature features featured featuring contains containing appears appear look looks "
    "looking seems kind type particular s against towards almost nearly well too only mixed mix blend combination "
    "mixture and/or upper lower inner outer top bottom underneath behind beside outside inside set sat portion tall "
    "how what can do does did if pattern patterned patterns them about whole entire together several multiple "
    "including includes toward end ends base atop fully yet however because"
)
"""Words that need no saying that they do nothing."""
ORDINARY = _words(
    "back bad ball band bank bark barn bars beach bead beads bean beans bear beard beaver bed beer bell bells belt "
    "bend best between bike bill black blank block blow boat bold book boot boots born brand brave bright bring brow "
    "brown buying cake car cars cat clock clown coat cold corn crack crow crown crying deer dock dog down drown dye "
    "dying earth eight end eye face fact fare father fear feather feet felt fight fill flight float flock flow free "
    "fright frost frown gather ghost glow goat gold gown grace grand grave gravy great green greet grow hack hall "
    "hand hat hats hear heard heart hearts heather heel hike hill hold horn horse hose house kill king know lace lack "
    "lake lamp land laying lead leaf leather leaves lend lie light like lime line lines lock long lying mail make "
    "mall meet melt mend might mike mill moat mouse nest night nose pack paying pie pike place plank queen race rack "
    "rail rather read ready real red rest right ring robot rock rose sack sail sand saying screen seen sell send "
    "shake shell ship shock show sight sing slack slow small smell snack snake snow sock song space spring stack "
    "stall stand steel string stripes take tale talk tall tell tend test there thing those throat tie tight till told "
    "torn town track trail tree wake wall weather well west whale wheat wheel where while white will win wind window "
    "winds wine wing wins wire worn write wrong yarn yell"
)
"""Words that are one letter away from a colour, part or shape and are none."""

COLOUR_OF = _meanings(_COLOURS)
PART_OF = _meanings(_PARTS)
MARK_OF = _meanings(MARKS)
SHAPE_OF = _meanings(_SHAPES)
QUALITY_OF = _meanings(QUALITIES)
KNOWN = frozenset({*COLOUR_OF, *PART_OF, *MARK_OF, *SHAPE_OF, *QUALITY_OF})

SUBJECT_ENDS = {"has", "have", "had", "having", "with", "features", "contains", "featuring", "containing", "wearing"}
BREAKS = {".", ";", "while", "but", "which", "who", "whose", "where", "when", "!", "?"}
SENTENCE_ENDS = {".", ";", "!", "?"}
COPULAS = {"is", "are", "was", "were", "be", "being", "appears", "looks", "seems"}
LINKS = {"and", "or", ",", "&", "/", "also", "as", "well"}
DETERMINERS = {"a", "an", "the", "its", "his", "her", "their", "it's"}
PREPOSITIONS = {
    "on",
    "around",
    "over",
    "at",
    "across",
    "along",
    "near",
    "in",
    "under",
    "above",
    "below",
    "throughout",
    "down",
    "to",
}
NEGATIONS = {"not", "no", "without", "nor", "never", "neither"}
FACING = {"facing", "faces", "looking", "looks", "turned", "towards", "to"}
"""The words that hold a sentence together, by what they do in it."""
