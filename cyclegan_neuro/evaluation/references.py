"""BibTeX of what the methods of any system cite."""

from __future__ import annotations

from collections.abc import Iterable

from cyclegan_neuro import __version__
from cyclegan_neuro.evaluation.contents import Reference

__all__ = ["KEYS", "references_for"]

_PACKAGE = (
    "cyclegan_neuro", "misc",
    {
        "author": "{The cyclegan\\_neuro developers}",
        "title": "{cyclegan\\_neuro: cycle-consistent adversarial networks for two-photon recordings of learning}",
        "note": f"Version {__version__}",
    },
)  # fmt: skip

#: Key, type and fields; a field that is not known for certain is left out.
_ENTRIES = (
    ("li2021", "misc", {
        "author": "Li, Bryan M. and Amvrosiadis, Theoklitos and Rochefort, Nathalie and Onken, Arno",
        "title": "Neuronal Learning Analysis using Cycle-Consistent Adversarial Networks",
        "year": "2021",
        "eprint": "2111.13073",
        "archiveprefix": "arXiv",
    }),
    ("zhu2017", "inproceedings", {
        "author": "Zhu, Jun-Yan and Park, Taesung and Isola, Phillip and Efros, Alexei A.",
        "title": "Unpaired Image-to-Image Translation Using Cycle-Consistent Adversarial Networks",
        "booktitle": "2017 {IEEE} International Conference on Computer Vision ({ICCV})",
        "pages": "2242--2251",
        "year": "2017",
        "doi": "10.1109/ICCV.2017.244",
    }),
    ("goodfellow2014", "inproceedings", {
        "author": "Goodfellow, Ian and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David and "
                  "Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua",
        "title": "Generative Adversarial Nets",
        "booktitle": "Advances in Neural Information Processing Systems",
        "volume": "27",
        "year": "2014",
    }),
    ("mao2017", "inproceedings", {
        "author": "Mao, Xudong and Li, Qing and Xie, Haoran and Lau, Raymond Y. K. and Wang, Zhen and "
                  "Smolley, Stephen Paul",
        "title": "Least Squares Generative Adversarial Networks",
        "booktitle": "2017 {IEEE} International Conference on Computer Vision ({ICCV})",
        "pages": "2813--2821",
        "year": "2017",
        "doi": "10.1109/ICCV.2017.304",
    }),
    ("gulrajani2017", "inproceedings", {
        "author": "Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
        "title": "Improved Training of {Wasserstein} {GANs}",
        "booktitle": "Advances in Neural Information Processing Systems",
        "volume": "30",
        "year": "2017",
    }),
    ("kodali2017", "misc", {
        "author": "Kodali, Naveen and Abernethy, Jacob and Hays, James and Kira, Zsolt",
        "title": "On Convergence and Stability of {GANs}",
        "year": "2017",
        "eprint": "1705.07215",
        "archiveprefix": "arXiv",
    }),
    ("isola2017", "inproceedings", {
        "author": "Isola, Phillip and Zhu, Jun-Yan and Zhou, Tinghui and Efros, Alexei A.",
        "title": "Image-to-Image Translation with Conditional Adversarial Networks",
        "booktitle": "2017 {IEEE} Conference on Computer Vision and Pattern Recognition ({CVPR})",
        "pages": "5967--5976",
        "year": "2017",
        "doi": "10.1109/CVPR.2017.632",
    }),
    ("oktay2018", "misc", {
        "author": "Oktay, Ozan and Schlemper, Jo and Le Folgoc, Loic and Lee, Matthew and Heinrich, Mattias and "
                  "Misawa, Kazunari and Mori, Kensaku and McDonagh, Steven and Hammerla, Nils Y. and Kainz, Bernhard "
                  "and Glocker, Ben and Rueckert, Daniel",
        "title": "Attention {U-Net}: Learning Where to Look for the Pancreas",
        "year": "2018",
        "eprint": "1804.03999",
        "archiveprefix": "arXiv",
    }),
    ("liu2018", "inproceedings", {
        "author": "Liu, Rosanne and Lehman, Joel and Molino, Piero and Petroski Such, Felipe and Frank, Eric and "
                  "Sergeev, Alex and Yosinski, Jason",
        "title": "An Intriguing Failing of Convolutional Neural Networks and the {CoordConv} Solution",
        "booktitle": "Advances in Neural Information Processing Systems",
        "volume": "31",
        "year": "2018",
    }),
    ("kingma2015", "inproceedings", {
        "author": "Kingma, Diederik P. and Ba, Jimmy",
        "title": "Adam: A Method for Stochastic Optimization",
        "booktitle": "International Conference on Learning Representations ({ICLR})",
        "year": "2015",
        "eprint": "1412.6980",
        "archiveprefix": "arXiv",
    }),
    ("rupprecht2021", "article", {
        "author": "Rupprecht, Peter and Carta, Stefano and Hoffmann, Adrian and Echizen, Mayumi and Blot, Antonin and "
                  "Kwan, Alex C. and Dan, Yang and Hofer, Sonja B. and Kitamura, Kazuo and Helmchen, Fritjof and "
                  "Friedrich, Rainer W.",
        "title": "A database and deep learning toolbox for noise-optimized, generalized spike inference from calcium "
                 "imaging",
        "journal": "Nature Neuroscience",
        "volume": "24",
        "number": "9",
        "pages": "1324--1337",
        "year": "2021",
        "doi": "10.1038/s41593-021-00895-5",
    }),
    ("denker2018", "inproceedings", {
        "author": "Denker, M. and Yegenoglu, A. and Gr{\\\"u}n, S.",
        "title": "Collaborative {HPC}-enabled workflows on the {HBP} {Collaboratory} using the {Elephant} framework",
        "booktitle": "Neuroinformatics 2018",
        "pages": "P19",
        "year": "2018",
        "doi": "10.12751/incf.ni2018.0019",
    }),
    ("garcia2014", "article", {
        "author": "Garcia, S. and Guarino, D. and Jaillet, F. and Jennings, T. R. and Pr{\\\"o}pper, R. and "
                  "Rautenberg, P. L. and Rodgers, C. and Sobolev, A. and Wachtler, T. and Yger, P. and Davison, A. P.",
        "title": "Neo: an object model for handling electrophysiology data in multiple formats",
        "journal": "Frontiers in Neuroinformatics",
        "volume": "8",
        "pages": "10",
        "year": "2014",
        "doi": "10.3389/fninf.2014.00010",
    }),
    ("vanrossum2001", "article", {
        "author": "van Rossum, M. C. W.",
        "title": "A Novel Spike Distance",
        "journal": "Neural Computation",
        "volume": "13",
        "number": "4",
        "pages": "751--763",
        "year": "2001",
        "doi": "10.1162/089976601300014321",
    }),
    ("selvaraju2017", "inproceedings", {
        "author": "Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and Vedantam, Ramakrishna and "
                  "Parikh, Devi and Batra, Dhruv",
        "title": "{Grad-CAM}: Visual Explanations from Deep Networks via Gradient-Based Localization",
        "booktitle": "2017 {IEEE} International Conference on Computer Vision ({ICCV})",
        "pages": "618--626",
        "year": "2017",
        "doi": "10.1109/ICCV.2017.74",
    }),
    ("jiang2021", "article", {
        "author": "Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao",
        "title": "{LayerCAM}: Exploring Hierarchical Class Activation Maps for Localization",
        "journal": "{IEEE} Transactions on Image Processing",
        "volume": "30",
        "pages": "5875--5888",
        "year": "2021",
        "doi": "10.1109/TIP.2021.3089943",
    }),
    ("luo2016", "inproceedings", {
        "author": "Luo, Wenjie and Li, Yujia and Urtasun, Raquel and Zemel, Richard",
        "title": "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
        "booktitle": "Advances in Neural Information Processing Systems 29",
        "year": "2016",
    }),
    ("simonyan2014", "misc", {
        "author": "Simonyan, Karen and Vedaldi, Andrea and Zisserman, Andrew",
        "title": "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps",
        "year": "2014",
        "eprint": "1312.6034",
        "archiveprefix": "arXiv",
    }),
    ("smilkov2017", "misc", {
        "author": "Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Vi{\\'e}gas, Fernanda and Wattenberg, Martin",
        "title": "{SmoothGrad}: removing noise by adding noise",
        "year": "2017",
        "eprint": "1706.03825",
        "archiveprefix": "arXiv",
    }),
    ("adebayo2018", "inproceedings", {
        "author": "Adebayo, Julius and Gilmer, Justin and Muelly, Michael and Goodfellow, Ian and Hardt, Moritz and "
                  "Kim, Been",
        "title": "Sanity Checks for Saliency Maps",
        "booktitle": "Advances in Neural Information Processing Systems",
        "volume": "31",
        "year": "2018",
    }),
    ("molanomazon2018", "inproceedings", {
        "author": "Molano-Mazon, Manuel and Onken, Arno and Piasini, Eugenio and Panzeri, Stefano",
        "title": "Synthesizing realistic neural population activity patterns using Generative Adversarial Networks",
        "booktitle": "International Conference on Learning Representations ({ICLR})",
        "year": "2018",
    }),
    ("macke2009", "article", {
        "author": "Macke, Jakob H. and Berens, Philipp and Ecker, Alexander S. and Tolias, Andreas S. and "
                  "Bethge, Matthias",
        "title": "Generating Spike Trains with Specified Correlation Coefficients",
        "journal": "Neural Computation",
        "volume": "21",
        "number": "2",
        "pages": "397--423",
        "year": "2009",
    }),
    ("lyamzin2010", "article", {
        "author": "Lyamzin, Dmitry R. and Macke, Jakob H. and Lesica, Nicholas A.",
        "title": "Modeling population spike trains with specified time-varying spike rates, trial-to-trial "
                 "variability, and pairwise signal and noise correlations",
        "journal": "Frontiers in Computational Neuroscience",
        "volume": "4",
        "year": "2010",
        "doi": "10.3389/fncom.2010.00144",
    }),
    ("tkacik2014", "article", {
        "author": "Tka{\\v{c}}ik, Ga{\\v{s}}per and Marre, Olivier and Amodei, Dario and Schneidman, Elad and "
                  "Bialek, William and {Berry II}, Michael J.",
        "title": "Searching for Collective Behavior in a Large Network of Sensory Neurons",
        "journal": "{PLoS} Computational Biology",
        "volume": "10",
        "number": "1",
        "pages": "e1003408",
        "year": "2014",
        "doi": "10.1371/journal.pcbi.1003408",
    }),
    ("mikula2003", "article", {
        "author": "Mikula, Shawn and Niebur, Ernst",
        "title": "The Effects of Input Rate and Synchrony on a Coincidence Detector: Analytical Solution",
        "journal": "Neural Computation",
        "volume": "15",
        "number": "3",
        "year": "2003",
    }),
    ("marre2014", "misc", {
        "author": "Marre, Olivier and Tka{\\v{c}}ik, Ga{\\v{s}}per and Amodei, Dario and Schneidman, Elad and "
                  "Bialek, William and Berry, Michael J.",
        "title": "Multi-electrode array recording from salamander retinal ganglion cells",
        "year": "2014",
        "doi": "10.15479/AT:ISTA:61",
    }),
    _PACKAGE,
)  # fmt: skip

KEYS = tuple(key for key, _, _ in _ENTRIES)
"""Keys of all entries that methods may cite."""


def references_for(keys: Iterable[str]) -> tuple[Reference, ...]:
    """Return the entries of ``keys``, each once, in the order of :data:`KEYS`.

    Raises
    ------
    KeyError
        If a key is unknown.
    """
    wanted = set(keys)
    if unknown := wanted - set(KEYS):
        raise KeyError(", ".join(sorted(unknown)))
    return tuple(Reference(key, _bibtex(key, kind, fields)) for key, kind, fields in _ENTRIES if key in wanted)


def _bibtex(key: str, kind: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])
