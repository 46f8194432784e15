import doctest

from enhance.datasets import names


def test_names_say_who_is_shown() -> None:
    assert names.labels("aaf_61_m_x_00002") == {"source": "aaf", "sex": "male", "age": "60+", "group": "East Asian"}
    assert names.labels("utk_13_f_black_1") == {"source": "utk", "sex": "female", "age": "13-19", "group": "black"}
    assert names.labels("lfw_Ada_Lovelace_0001") == {"source": "lfw"}
    assert names.labels("holiday") == {"source": "holiday"}
    assert names.labels("utk_without_an_age") == {"source": "utk"}


def test_the_example_in_the_docs_is_true() -> None:
    assert doctest.testmod(names) == (0, 1)


def test_only_pictures_of_one_set_show_a_part_of_the_frame() -> None:
    left, top, right, bottom = names.window("utk_26_f_black_1.webp")
    assert (right - left, bottom - top) == (0.75, 0.75)
    assert 0 < left < top < right < bottom < 1
    assert names.window("lfw_Ada_Lovelace_0001.webp") == names.WHOLE_PICTURE == (0, 0, 1, 1)
