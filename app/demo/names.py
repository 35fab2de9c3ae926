"""Names for the people, animals and cars of the demo.

Everything here is a function of an index: the same index gives the same person, phone number and plate on every run,
and two different indexes never give the same one. The phone numbers are well-formed Georgian mobile numbers and may
belong to somebody: the demo stores them and must never call or text them.
"""

from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Latin and in Georgian letters."""

    latin: str
    georgian: str


@dataclass(frozen=True, slots=True)
class Person:
    given: Name
    surname: Name
    female: bool

    @property
    def latin(self) -> str:
        return f"{self.given.latin} {self.surname.latin}"

    @property
    def georgian(self) -> str:
        return f"{self.given.georgian} {self.surname.georgian}"


@dataclass(frozen=True, slots=True)
class CarModel:
    make: str
    model: str


def _names(*pairs: str) -> tuple[Name, ...]:
    """From `"Nino ნინო"`."""
    return tuple(Name(*pair.split(" ")) for pair in pairs)


# fmt: off
WOMEN: tuple[Name, ...] = _names(
    "Nino ნინო", "Mariam მარიამ", "Tamar თამარ", "Nana ნანა", "Natia ნათია", "Ana ანა", "Ketevan ქეთევან",
    "Eka ეკა", "Maia მაია", "Salome სალომე", "Lela ლელა", "Irma ირმა", "Teona თეონა", "Khatuna ხათუნა",
    "Sopio სოფიო", "Elene ელენე", "Lika ლიკა", "Manana მანანა", "Marina მარინა", "Nestan ნესტან", "Tinatin თინათინ",
    "Rusudan რუსუდან", "Nutsa ნუცა", "Barbare ბარბარე", "Anano ანანო", "Tatia თათია", "Gvantsa გვანცა", "Medea მედეა",
    "Dali დალი", "Lali ლალი", "Lia ლია", "Eter ეთერ", "Nona ნონა", "Nanuli ნანული", "Tsitsino ციცინო",
    "Mzia მზია", "Mzevinar მზევინარ", "Inga ინგა", "Shorena შორენა", "Magda მაგდა", "Keti ქეთი", "Tea თეა",
    "Ia ია", "Nato ნატო", "Gulnara გულნარა", "Darejan დარეჯან", "Lamara ლამარა", "Tsira ცირა", "Nia ნია",
    "Lizi ლიზი", "Mari მარი", "Elisabed ელისაბედ", "Kristine ქრისტინე", "Nargiza ნარგიზა", "Naira ნაირა",
)
MEN: tuple[Name, ...] = _names(
    "Giorgi გიორგი", "Davit დავით", "Levan ლევან", "Zurab ზურაბ", "Irakli ირაკლი", "Luka ლუკა", "Nika ნიკა",
    "Nikoloz ნიკოლოზ", "Sandro სანდრო", "Aleksandre ალექსანდრე", "Mamuka მამუკა", "Tornike თორნიკე", "Lasha ლაშა",
    "Vakhtang ვახტანგ", "Archil არჩილ", "Gocha გოჩა", "Temur თემურ", "Avtandil ავთანდილ", "Otar ოთარ", "Revaz რევაზ",
    "Tengiz თენგიზ", "Guram გურამ", "Malkhaz მალხაზ", "Merab მერაბ", "Shota შოთა", "Vazha ვაჟა", "Ilia ილია",
    "Akaki აკაკი", "Saba საბა", "Beka ბექა", "Dato დათო", "Goga გოგა", "Paata პაატა", "Zaza ზაზა",
    "Kakha კახა", "Koba კობა", "Mikheil მიხეილ", "Ioseb იოსებ", "Nodar ნოდარ", "Jaba ჯაბა", "Rati რატი",
    "Demetre დემეტრე", "Bachana ბაჩანა", "Besik ბესიკ", "Ucha უჩა", "Valeri ვალერი", "Murman მურმან", "Gela გელა",
    "Amiran ამირან", "Tariel ტარიელ", "Erekle ერეკლე", "Andria ანდრია", "Gega გეგა", "Konstantine კონსტანტინე",
    "Roman რომან",
)
SURNAMES: tuple[Name, ...] = _names(
    "Beridze ბერიძე", "Kapanadze კაპანაძე", "Gelashvili გელაშვილი", "Maisuradze მაისურაძე", "Giorgadze გიორგაძე",
    "Lomidze ლომიძე", "Tsiklauri წიკლაური", "Kvaratskhelia კვარაცხელია", "Nozadze ნოზაძე",
    "Khutsishvili ხუციშვილი", "Mamulashvili მამულაშვილი", "Bolkvadze ბოლქვაძე", "Shengelia შენგელია",
    "Japaridze ჯაფარიძე", "Abashidze აბაშიძე", "Chkheidze ჩხეიძე", "Tabidze ტაბიძე", "Gogoladze გოგოლაძე",
    "Kiknadze კიკნაძე", "Lortkipanidze ლორთქიფანიძე", "Mchedlishvili მჭედლიშვილი", "Kobakhidze კობახიძე",
    "Janelidze ჯანელიძე", "Gvaramia გვარამია", "Dolidze დოლიძე", "Sharashidze შარაშიძე", "Tskhovrebadze ცხოვრებაძე",
    "Vashakidze ვაშაკიძე", "Kvirikashvili კვირიკაშვილი", "Metreveli მეტრეველი", "Kereselidze კერესელიძე",
    "Davitashvili დავითაშვილი", "Mikadze მიქაძე", "Zhvania ჟვანია", "Pataraia პატარაია", "Gabunia გაბუნია",
    "Gogia გოგია", "Kvantaliani კვანტალიანი", "Dadiani დადიანი", "Chikovani ჩიქოვანი", "Gelovani გელოვანი",
    "Sulakvelidze სულაქველიძე", "Turashvili თურაშვილი", "Ninidze ნინიძე", "Jorbenadze ჯორბენაძე",
    "Kakabadze კაკაბაძე", "Robakidze რობაქიძე", "Tsereteli წერეთელი", "Machavariani მაჭავარიანი",
    "Orjonikidze ორჯონიკიძე", "Arveladze არველაძე", "Kaladze კალაძე", "Asatiani ასათიანი", "Iashvili იაშვილი",
    "Gurgenidze გურგენიძე", "Tevzadze თევზაძე", "Kalandadze კალანდაძე", "Shavishvili შავიშვილი",
    "Kandelaki კანდელაკი", "Nakashidze ნაკაშიძე", "Chanturia ჭანტურია", "Jikia ჯიქია", "Kharazi ხარაზი",
    "Tsulaia წულაია", "Ubilava უბილავა", "Sichinava სიჭინავა", "Todua თოდუა", "Gulua გულუა", "Shonia შონია",
    "Basilaia ბასილაია", "Khurtsidze ხურციძე", "Zakaraia ზაქარაია", "Mgeladze მგელაძე", "Ivanishvili ივანიშვილი",
    "Mamardashvili მამარდაშვილი", "Natroshvili ნატროშვილი", "Papiashvili პაპიაშვილი", "Razmadze რაზმაძე",
    "Samkharadze სამხარაძე", "Sikharulidze სიხარულიძე", "Tatishvili ტატიშვილი", "Khachidze ხაჭიძე",
    "Chitaia ჩიტაია", "Elizbarashvili ელიზბარაშვილი", "Vardiashvili ვარდიაშვილი", "Bakradze ბაქრაძე",
)

DOG_NAMES: tuple[str, ...] = (
    "Kurusha", "Bombora", "Bella", "Rocky", "Luna", "Max", "Toby", "Jessie", "Tobi", "Murtsa", "Tsuga", "Charlie",
    "Lucky", "Simba", "Archie", "Nala", "Chapo", "Leo", "Reks", "Bruno", "Molly", "Zeus", "Daisy", "Oskar",
    "Basara", "Khvicha", "Broli", "Shavi", "Tetri", "Cheri", "Bari", "Teddy", "Gera", "Lessie", "Panda", "Balu",
)
CAT_NAMES: tuple[str, ...] = (
    "Pisunia", "Fifi", "Murka", "Tsitsi", "Pepela", "Barsik", "Kesha", "Simona", "Tiko", "Tom", "Mia", "Sushi",
    "Cleo", "Oliver", "Marsi", "Bagheera", "Felix", "Lola", "Kisa", "Chita", "Tsipi", "Mushu", "Ponchik", "Coco",
)
DOG_BREEDS: tuple[str, ...] = (
    "Mixed breed", "Georgian Shepherd", "Caucasian Shepherd", "German Shepherd", "Labrador Retriever",
    "Golden Retriever", "French Bulldog", "Yorkshire Terrier", "Siberian Husky", "Beagle", "Poodle", "Chihuahua",
    "Pomeranian", "Cocker Spaniel", "Dachshund", "Jack Russell Terrier", "Border Collie", "Rottweiler", "Dobermann",
    "Shih Tzu", "Maltese", "Samoyed", "Pug", "Cane Corso", "Pembroke Welsh Corgi", "Miniature Schnauzer",
)
CAT_BREEDS: tuple[str, ...] = (
    "Domestic Shorthair", "British Shorthair", "Scottish Fold", "Persian", "Siamese", "Maine Coon", "Sphynx",
    "Russian Blue", "Turkish Angora", "Bengal", "Norwegian Forest Cat", "Siberian", "Ragdoll", "Abyssinian",
)

CARS: tuple[CarModel, ...] = tuple(CarModel(*car) for car in (
    ("Toyota", "Prius"), ("Toyota", "Camry"), ("Toyota", "RAV4"), ("Toyota", "Corolla"), ("Toyota", "Aqua"),
    ("Hyundai", "Elantra"), ("Hyundai", "Sonata"), ("Hyundai", "Tucson"), ("Kia", "Optima"), ("Kia", "Sportage"),
    ("Ford", "Fusion"), ("Ford", "Escape"), ("Honda", "Fit"), ("Honda", "CR-V"), ("Nissan", "Leaf"),
    ("Nissan", "Note"), ("Mazda", "Demio"), ("Subaru", "Forester"), ("Mitsubishi", "Outlander"), ("Lexus", "CT 200h"),
    ("Volkswagen", "Golf"), ("Volkswagen", "Passat"), ("Škoda", "Octavia"), ("Opel", "Astra"), ("BMW", "328i"),
    ("Mercedes-Benz", "C 300"), ("Chevrolet", "Volt"), ("Tesla", "Model 3"), ("BYD", "Song Plus"),
))
VANS: tuple[CarModel, ...] = tuple(CarModel(*van) for van in (
    ("Ford", "Transit"), ("Mercedes-Benz", "Sprinter"), ("Mercedes-Benz", "Vito"), ("Volkswagen", "Transporter"),
    ("Volkswagen", "Crafter"), ("Renault", "Trafic"), ("Opel", "Vivaro"), ("Fiat", "Ducato"), ("Hyundai", "Staria"),
    ("Toyota", "Proace"), ("Peugeot", "Boxer"), ("Citroën", "Jumpy"),
))
# fmt: on

# Ranges of Georgian mobile operators of which every number is well-formed.
_MOBILE_PREFIXES = (
    551,
    555,
    557,
    558,
    568,
    571,
    574,
    577,
    579,
    591,
    592,
    593,
    595,
    597,
    598,
    599,
)
_PLATE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PERSONS_COUNT = (len(WOMEN) + len(MEN)) * len(SURNAMES)
PHONES_COUNT = len(_MOBILE_PREFIXES) * 1_000_000
PLATES_COUNT = len(_PLATE_LETTERS) ** 4 * 1_000


def _scatter(index: int, count: int) -> int:
    """A permutation of 0 … count - 1 whose neighbours lie far apart."""
    if not 0 <= index < count:
        raise IndexError(f"{index} is not in 0 … {count - 1}")
    step = int(count * 0.6180339887)
    while gcd(step, count) != 1:
        step += 1
    return (index * step + 48_611_207) % count


def person(index: int) -> Person:
    """The person with this index, of PERSONS_COUNT different ones; about as many women as men."""
    which, surname = divmod(_scatter(index, PERSONS_COUNT), len(SURNAMES))
    female = which < len(WOMEN)
    given = WOMEN[which] if female else MEN[which - len(WOMEN)]
    return Person(given, SURNAMES[surname], female)


def phone(index: int) -> str:
    """The Georgian mobile number with this index, in E.164, such as +995599123456."""
    prefix, line = divmod(_scatter(index, PHONES_COUNT), 1_000_000)
    return f"+995{_MOBILE_PREFIXES[prefix]}{line:06d}"


def license_plate(index: int) -> str:
    """The Georgian license plate with this index, such as AB-123-CD."""
    rest, number = divmod(_scatter(index, PLATES_COUNT), 1_000)
    letters = []
    for _ in range(4):
        rest, letter = divmod(rest, len(_PLATE_LETTERS))
        letters.append(_PLATE_LETTERS[letter])
    return f"{letters[0]}{letters[1]}-{number:03d}-{letters[2]}{letters[3]}"
