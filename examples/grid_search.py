"""Choose the size of a code by the accuracy of the classifier that works on it.

$ python examples/grid_search.py
    4 units: accuracy 0.858
    16 units: accuracy 0.949
    48 units: accuracy 0.969
    best: 48 units, on new digits 0.960
"""

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from eigencoder import Autoencoder

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

pipeline = Pipeline(
    [
        # The search runs two fits side by side, so each takes one thread.
        ("encode", Autoencoder(hidden_layer_sizes=(64,), random_state=0, n_jobs=1)),
        ("classify", LogisticRegression(max_iter=5000)),
    ]
)
search = GridSearchCV(pipeline, {"encode__n_components": [4, 16, 48]}, cv=3, n_jobs=2).fit(X_train, y_train)

for n_components, accuracy in zip([4, 16, 48], search.cv_results_["mean_test_score"], strict=True):
    print(f"{n_components} units: accuracy {accuracy:.3f}")
print(f"best: {search.best_params_['encode__n_components']} units, on new digits {search.score(X_test, y_test):.3f}")
