"""The contestants of a race: one module per library, each with a class of the same interface.

Each is built and searched as its documentation or its authors' benchmark recommends. The results include the settings.
A library is imported at first use, in the process of its contestant.
"""

from __future__ import annotations

from nearabout.evaluation.peers._contestant import Contestant, Setting, Task, library
from nearabout.evaluation.peers.annoy import Annoy
from nearabout.evaluation.peers.faiss import Faiss
from nearabout.evaluation.peers.hnswlib import Hnswlib
from nearabout.evaluation.peers.ours import ours_of
from nearabout.evaluation.peers.pynndescent import PyNNDescent
from nearabout.evaluation.peers.scann import Scann
from nearabout.evaluation.peers.scikit_learn import ScikitLearn
from nearabout.evaluation.peers.usearch import Usearch
from nearabout.evaluation.peers.voyager import Voyager
from nearabout.kinds import KINDS

OURS: dict[str, type[Contestant]] = {f"nearabout {name}": ours_of(kind) for name, kind in KINDS.items()}
PEERS: dict[str, type[Contestant]] = {
    "annoy": Annoy,
    "faiss": Faiss,
    "hnswlib": Hnswlib,
    "pynndescent": PyNNDescent,
    "scann": Scann,
    "scikit-learn": ScikitLearn,
    "usearch": Usearch,
    "voyager": Voyager,
}

__all__ = ["OURS", "PEERS", "Contestant", "Setting", "Task", "library"]
