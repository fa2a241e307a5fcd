"""A configuration as YAML text."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from stratus.settings.compose import as_yaml

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), trees))
@settings(max_examples=40)
@example({"on": {"no": {"1": "a\n\n b\n"}}, "": {}, "a: b": {"c": [{"d": "e " * 60}]}})
def test_a_configuration_in_words_reads_as_what_it_was(content):
    assert yaml.safe_load(as_yaml(content)) == content


@pytest.mark.parametrize("text", ["1e-3", "12", "yes", "n", "null", "1_000", "nan", "2012-01-03", "${seed}", ""])
def test_a_text_that_looks_like_something_else_stays_a_text(text):
    assert OmegaConf.to_container(OmegaConf.create(as_yaml({"text": text}))) == {"text": text}
