"""The label reader, against pvl, on labels like those of the strips."""

from measure import alone, least


def ratios(folder):
    """(name, value, reference, unit) of labels of some sizes."""
    import pvl

    from perijove.kit import label, node

    for groups in (10, 40, 160):
        root = node.Node()
        for n in range(groups):
            group = root.object("IsisCube").append(node.Node("Group", f"Number{n}"))
            group.update(
                Name="JNCE_2022186_43C00080_V01", Value=1.5 * n, Unit=node.Quantity(n, "km")
            )
        text = label.dumps(root)
        ours = least(lambda text=text: [label.loads(text) for _ in range(20)]) / 20
        theirs = least(lambda text=text: pvl.loads(text))
        yield f"pvl.loads, label of {len(text) / 1e3:.1f} kB", theirs, ours, "label.loads"


if __name__ == "__main__":
    alone(ratios)
