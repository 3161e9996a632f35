"""Maps methods of other libraries' indexes to ours, for the error about a missing method."""

_IMMUTABLE = "an index is immutable: build a new one from all the vectors with nearabout.build"
_SEARCH = "use index.search(query, k)"
_BY_KEY = "use index.search_by_key(key, k)"
_ALL_ROWS = "use index.neighbors(k), which has the neighbours of every row, or index.search_by_key(key, k)"
_VECTOR = "use index[key], or index.vectors(rows)"
_OPEN = "use nearabout.open(path)"

_SERVES = {
    **dict.fromkeys(("query", "knn", "knn_query", "kneighbors", "nearest", "find", "find_nearest", "predict"), _SEARCH),
    **dict.fromkeys(("get_nns_by_vector", "search_batched", "similar_by_vector", "batch_search"), _SEARCH),
    **dict.fromkeys(("get_nns_by_item", "similar_by_word", "similar_by_key", "search_by_word"), _BY_KEY),
    **dict.fromkeys(("neighbours", "neighbor_graph", "kneighbors_graph", "knn_graph"), _ALL_ROWS),
    **dict.fromkeys(
        ("near_duplicates", "pairs", "query_pairs", "sparse_distance_matrix"), "use index.duplicates(radius)"
    ),
    **dict.fromkeys(("most_similar", "most_similar_cosmul"), "use index.analogy(positive=, negative=)"),
    **dict.fromkeys(
        ("range_search", "radius_neighbors", "within", "search_radius"), "use index.radius_search(query, r)"
    ),
    **dict.fromkeys(("get_item_vector", "get_items", "get_vector", "word_vec", "reconstruct", "get"), _VECTOR),
    **dict.fromkeys(("add", "add_item", "add_items", "add_vectors", "add_with_ids", "append", "insert"), _IMMUTABLE),
    **dict.fromkeys(("remove", "remove_ids", "delete", "mark_deleted", "update", "upsert", "fit", "train"), _IMMUTABLE),
    **dict.fromkeys(("load", "load_index", "restore", "read"), _OPEN),
    **dict.fromkeys(("write", "dump", "save_index", "to_disk"), "use index.save(path)"),
    **dict.fromkeys(("ntotal", "get_n_items", "get_current_count", "n_items", "size", "count"), "use len(index)"),
    **dict.fromkeys(("d", "dim", "dimension", "ndim", "f", "vector_size"), "use index.dims"),
    "shape": "use (len(index), index.dims)",
    **dict.fromkeys(("set_ef", "nprobe", "ef", "search_k", "hnsw"), "use index.search(query, k, recall=) or effort="),
    **dict.fromkeys(("key_to_index", "get_index"), "use index.rows([key])"),
    **dict.fromkeys(("index_to_key", "words", "vocab", "labels", "ids"), "use index.keys(), or iterate over the index"),
    **dict.fromkeys(
        ("similarity", "distance", "get_distance"), "use index.search_by_key, or calculate with index[key]"
    ),
}


def what_serves(name: str) -> str:
    """Returns the end of a sentence that says what to use instead; "" for unknown names.

    >>> what_serves("most_similar")
    '; use index.analogy(positive=, negative=)'
    """
    return f"; {_SERVES[name]}" if name in _SERVES else ""
